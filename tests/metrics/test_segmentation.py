import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, jaccard_score

from pixcycle.base.errors import UserError
from pixcycle.metrics.segmentation import VOID, confusion, decode, scores

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


def indices(seed: int, values: list[int], shape: tuple[int, ...] = (3, 20, 30)) -> np.ndarray:
    return np.random.default_rng(seed).choice(np.array(values, np.uint8), shape)


def test_decode_maps_colours_to_classes_and_void_to_no_class():
    image = np.array([[[BLUE, RED, BLACK], [GREEN, GREEN, (1, 1, 1)]]], np.uint8)
    decoded = decode(image, [RED, GREEN, BLUE], [BLACK])
    assert decoded.dtype == np.uint8
    assert decoded.tolist() == [[[2, 0, VOID], [1, 1, VOID]]]
    assert decode(image, {"green": GREEN, "red": RED}.values()).tolist()[0][0][:2] == [0, 1]


def test_decode_takes_nearest_colour():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (4, 25, 31, 3), dtype=np.uint8)
    palette = generator.integers(0, 256, (34, 3))
    distances = cdist(images.reshape(-1, 3).astype(float), palette.astype(float)).reshape(4, 25, 31, 34)
    decoded = decode(images, palette[:30].tolist(), palette[30:].tolist())
    of_chosen = np.where(decoded == VOID, distances[..., 30:].min(-1), 0)
    for i in range(30):
        of_chosen[decoded == i] = distances[decoded == i, i]
    np.testing.assert_array_equal(of_chosen, distances.min(axis=-1))
    assert 0 < (decoded == VOID).mean() < 0.5


def test_decode_prefers_first_of_equally_near_colours():
    between = np.full((1, 1, 1, 3), 100, np.uint8)
    assert decode(between, [(90, 100, 100), (110, 100, 100)]).item() == 0
    assert decode(between, [(110, 100, 100), (90, 100, 100)]).item() == 0
    assert decode(between, [RED, (110, 100, 100)], [(90, 100, 100)]).item() == 1


def test_confusion_equals_scikit_learn_where_truth_has_class():
    truth, predicted = indices(1, [0, 1, 2, 3, VOID]), indices(2, [0, 1, 2, 3, VOID])
    scored = truth != VOID
    as_fifth = np.where(predicted == VOID, 4, predicted)
    expected = confusion_matrix(truth[scored], as_fifth[scored], labels=range(5))
    np.testing.assert_array_equal(confusion(truth, predicted, 4), expected[:4])
    assert expected[:, 4].sum() > 0


def test_confusion_ignores_pixels_without_true_class():
    truth, predicted = np.array([[[0, VOID, 1]]], np.uint8), np.array([[[0, 1, VOID]]], np.uint8)
    assert confusion(truth, predicted, 2).tolist() == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.parametrize(
    ("true", "predicted_classes"),
    [([0, 1, 2, 3], [0, 1, 2, 3]), ([0, 2, 3], [0, 1, 2]), ([0, 2, VOID], [2, 3, VOID])],
    ids=["all classes", "some classes", "and void"],
)
def test_scores_equal_scikit_learn(true, predicted_classes):
    truth, predicted = indices(3, true), indices(4, predicted_classes)
    truth[0], predicted[0] = true[0], true[0]  # better than chance in one class
    measured = scores(confusion(truth, predicted, 4))
    truth, predicted = truth[truth != VOID], predicted[truth != VOID]
    occurring = sorted({*truth.tolist(), *predicted.tolist()} - {VOID})
    assert measured == pytest.approx(
        {
            "pixel_accuracy": accuracy_score(truth, predicted),
            "class_accuracy": balanced_accuracy_score(truth, predicted),
            "class_iou": jaccard_score(truth, predicted, labels=occurring, average="macro"),
        }
    )


def test_scores_of_two_classes_by_hand():
    assert scores(np.array([[3, 1, 0], [2, 4, 0]])) == pytest.approx(
        {"pixel_accuracy": 7 / 10, "class_accuracy": (3 / 4 + 4 / 6) / 2, "class_iou": (3 / 6 + 4 / 7) / 2}
    )


def test_scores_count_void_predictions_as_errors():
    assert scores(np.array([[3, 0, 1], [0, 6, 0]])) == pytest.approx(
        {"pixel_accuracy": 9 / 10, "class_accuracy": (3 / 4 + 1) / 2, "class_iou": (3 / 4 + 1) / 2}
    )


def test_scores_skip_absent_class_and_only_iou_falls_for_predicted_one():
    measured = scores(np.array([[3, 1, 0, 0], [2, 4, 0, 0], [0, 0, 0, 0]]))
    assert measured == scores(np.array([[3, 1, 0], [2, 4, 0]]))
    only_predicted = scores(np.array([[3, 0, 1, 0], [0, 6, 0, 0], [0, 0, 0, 0]]))
    assert only_predicted == pytest.approx(
        {"pixel_accuracy": 9 / 10, "class_accuracy": (3 / 4 + 1) / 2, "class_iou": (3 / 4 + 1 + 0) / 3}
    )


def test_scores_refuse_label_maps_without_any_class():
    with pytest.raises(UserError, match="no pixel of the label maps belongs to a class"):
        scores(confusion(np.full((1, 2, 2), VOID, np.uint8), np.zeros((1, 2, 2), np.uint8), 3))


def test_confusion_refuses_arrays_of_other_shapes():
    with pytest.raises(ValueError, match="but the prediction"):
        confusion(np.zeros((2, 4, 4), np.uint8), np.zeros((1, 4, 4), np.uint8), 3)
