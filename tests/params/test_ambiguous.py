"""Values that pass the strict YAML reader mean the same to Snakemake's and DVC's readers."""

import io
from contextlib import suppress

import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from pixcycle.params.ambiguous import advice
from tests.corpus.examples import repeatable

DVC = YAML(typ="safe", pure=True)
WORDS = ["yes", "No", "ON", "off", "true", "FALSE", "null", "~", "y", "1e-3", "1.0e3", ".5", "5.", ".inf", "2024-2-30"]
plain = st.text("0123456789+-.:_eEoxbTZ", min_size=1, max_size=8).filter(lambda text: text[-1] != ":")


@repeatable(300)
@given(plain | st.sampled_from(WORDS))
@example("1e-3")
@example("08")
@example("1_000")
def test_advice_covers_every_value_that_dvc_reads_differently(value):
    if advice(value):
        return
    with suppress(yaml.YAMLError, ValueError):
        snakemake = yaml.safe_load(f"[{value}]")
        dvc = DVC.load(io.StringIO(f"[{value}]"))
        if snakemake == [value] and isinstance(dvc[0], float):  # 1e-3, which fields of numbers convert
            snakemake = [float(value)]
        assert repr(snakemake) == repr(dvc)


def test_advice_says_how_to_write_the_value():
    assert advice("on") == "write true or false, or 'on' in quotes"
    assert advice("2024-01-01") == "write '2024-01-01' in quotes"
    assert advice("1e-3") is advice("true") is advice("0") is advice("0.5") is None
