import pytest

from pixcycle.data.draws import Sampling
from pixcycle.params.experiment import Experiment
from pixcycle.training.coin import drawn_flips


def experiment(**settings) -> Experiment:
    return Experiment(method="pix2pix", dataset="d", n_epochs=1, **settings)


@pytest.mark.parametrize("seed", range(12))
def test_drawn_flips_say_what_the_training_shows(seed):
    e = experiment(pair_jitter="independent", flip_draw="whole_training")
    sampling = Sampling(seed, 8, True, True, "independent", flip_draw="whole_training")
    a, b = (bool(sampling.draws(3, domain, 9, 8, 9).flips[4]) for domain in (0, 1))
    words = {
        (True, True): "both photo and label mirrored",
        (True, False): "photo mirrored, label not",
        (False, True): "label mirrored, photo not",
        (False, False): "neither photo nor label mirrored",
    }
    assert drawn_flips(e, ("photo", "label"), seed) == words[a, b]


@pytest.mark.parametrize("seed", range(12))
def test_drawn_flips_of_shared_pairs_mirror_both_or_neither(seed):
    e = experiment(flip_draw="whole_training")
    assert drawn_flips(e, ("photo", "label"), seed).startswith(("both", "neither"))


def test_drawn_flips_are_empty_where_each_image_is_flipped():
    assert drawn_flips(experiment(pair_jitter="independent"), ("photo", "label"), 0) == ""
