import numpy as np
from PIL import Image

from pixcycle.report.thumbnails import SIDE, side_by_side, thumbnails
from tests.support.results import Results

PAIRED, UNPAIRED = "ucsd-facades-l1", "kth-horse2zebra"


def test_thumbnails_show_input_truth_and_ours_of_each_chapter(tmp_path):
    draft = Results(tmp_path, [PAIRED, UNPAIRED]).draft(out=tmp_path / "out")
    paired, unpaired = thumbnails(draft, ["ucsd", "kth"])
    assert (paired.parts, paired.made_from) == (["input", "truth", "ours"], f"{PAIRED}/0")
    assert (unpaired.parts, unpaired.made_from) == (["input", "ours"], f"{UNPAIRED}/0")
    with Image.open(tmp_path / "out" / paired.file) as drawn:
        assert drawn.size == (3 * 16, 16)
        album = draft.album(PAIRED)
        place = [album.spread_out(3)[1]]
        images = (album.inputs(place)[0], album.truths(place)[0], album.outputs(place)[0])
        for i, image in enumerate(images):
            part = np.asarray(drawn)[:, 16 * i : 16 * (i + 1)]
            assert abs(part.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 4


def test_side_by_side_shrinks_large_images_and_keeps_their_shape():
    image = np.zeros((2 * SIDE, 4 * SIDE, 3), np.uint8)
    assert side_by_side([image, image]).size == (2 * SIDE, SIDE // 2)
