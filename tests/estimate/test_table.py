import pytest

from pixcycle.estimate.table import digits


@pytest.mark.parametrize(
    ("number", "text"), [(99.6, "100"), (99.4, "99"), (1234.5, "1,234"), (0.52, "0.52"), (0.001, "<0.01"), (0, "0")]
)
def test_digits_writes_no_exponent(number, text):
    assert digits(number, 2) == text
