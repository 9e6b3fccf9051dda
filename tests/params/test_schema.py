"""Defaults of experiments by recipe version: runs' names leave defaults out, so a changed one needs a new recipe."""

from pixcycle.params.experiment import Experiment
from pixcycle.plan.names import DESCRIPTIVE, INFERENCE, MACHINE, RECIPE

TRAINING = {
    2: {
        "direction": "b_to_a",
        "generator": "unet",
        "skips": True,
        "upsampling": "deconvolution",
        "norm": "batch",
        "layers": "authors",
        "initial_weights": "normal",
        "dropout": True,
        "first_dropout_block": 2,
        "filters": 64,
        "patch": 70,
        "conditional": True,
        "discriminators": 2,
        "gan_mode": "bce",
        "halve_discriminator": True,
        "l1": 1.0,
        "l2": 0.0,
        "lambda_reconstruction": 100.0,
        "lambda_identity": 0.0,
        "pool_size": 0,
        "preprocess": "jitter",
        "first_size": None,
        "load_size": 286,
        "crop_size": 256,
        "resize": "bicubic",
        "intensities": "fixed",
        "flip": True,
        "flip_draw": "each_image",
        "augmentation": "each_epoch",
        "pair_jitter": "shared",
        "batch_size": 1,
        "last_batch": "dropped",
        "shuffle_buffer": None,
        "epoch_length": "larger",
        "n_epochs_decay": 0,
        "lr": 0.0002,
        "lr_discriminator": None,
        "beta1": 0.5,
        "adam": "pytorch",
        "precision": "32-true",
        "order": None,
        "log_every": 5,
        "sample_epochs": [],
        "sample_training": False,
        "published_weights": None,
        "feature_network": None,
        "weight_decay": 0.0,
        "published_weights_back": None,
    }
}
TRANSLATION = {
    2: {
        "inference_dropout": False,
        "inference_norm": "running",
        "inference_batch": 16,
        "inversion_steps": 200,
        "inversion_lr": 0.05,
    }
}


def defaults(fields):
    chosen = {name: field for name, field in Experiment.model_fields.items() if name in fields}
    return {
        name: field.get_default(call_default_factory=True) for name, field in chosen.items() if not field.is_required()
    }


def advice(step):
    return f"add a new field here; for a changed default raise RECIPE['{step}'] in plan/names.py and add a table here"


def test_defaults_of_training_fields_change_only_with_the_recipe():
    fields = Experiment.model_fields.keys() - DESCRIPTIVE - MACHINE - INFERENCE
    assert defaults(fields) == TRAINING[RECIPE["train"]], advice("train")


def test_defaults_of_inference_fields_change_only_with_the_recipe():
    assert defaults(INFERENCE) == TRANSLATION[RECIPE["translate"]], advice("translate")
