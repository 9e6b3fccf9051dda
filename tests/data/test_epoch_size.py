import pytest

from pixcycle.data.epoch_size import size_of_epoch, steps_of_epoch


@pytest.mark.parametrize(
    ("images", "batch", "length", "last", "steps", "samples"),
    [
        ((1067, 1334), 8, "smaller", "kept_by_domain", 134, (1067, 1072)),  # horse2zebra: at last 3 horses, 8 zebras
        ((525, 6287), 4, "smaller", "kept", 132, (525, 525)),  # Cézanne: the last batch holds one of each
        ((525, 6287), 4, "smaller", "dropped", 131, (524, 524)),
        ((400, 400), 16, "larger", "kept", 25, (400, 400)),
        ((1096, 1096), 16, "larger", "dropped", 68, (1088, 1088)),
        ((1096, 1096), 16, "larger", "kept", 69, (1096, 1096)),
        ((1067, 1334), 8, "larger", "kept", 167, (1334, 1334)),
        ((9, 10), 8, "smaller", "kept_by_domain", 2, (9, 10)),
        ((3, 3), 16, "larger", "dropped", 1, (3, 3)),
        ((3, 3), 16, "larger", "kept", 1, (3, 3)),
        ((3, 10), 8, "smaller", "kept_by_domain", 1, (3, 8)),
    ],
)
def test_size_of_epoch_counts_steps_and_images_of_each_domain(images, batch, length, last, steps, samples):
    size, shown = size_of_epoch(images, batch, length, last)
    assert (steps_of_epoch(size, shown), shown) == (steps, samples)
