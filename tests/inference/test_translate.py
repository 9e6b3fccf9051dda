import re
import shutil

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageOps

from pixcycle.base.errors import UserError
from pixcycle.inference import test_split as workflow
from pixcycle.inference import translate as translating
from pixcycle.inference.generator import load
from pixcycle.inference.translate import translate
from tests.conftest import tiny_experiment, tiny_images, tiny_run


def save_images(folder, images):
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


@pytest.mark.parametrize("direction", ["a_to_b", "b_to_a"])
@pytest.mark.parametrize(
    "settings",
    [
        {"method": "cyclegan"},
        {"method": "cyclegan", "generator": "resnet6", "norm": "instance", "dropout": False},
        {"method": "pix2pix", "inference_batch": 4},
        {"method": "pix2pix", "inference_dropout": True, "inference_norm": "batch", "inference_batch": 1},
        {"method": "pix2pix", "precision": "bf16-mixed"},
    ],
)
def test_translate_writes_same_files_as_workflow(settings, direction, prepared, finished, tmp_path):
    other = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}[direction]
    e = tiny_experiment(**settings, direction=direction if settings["method"] == "pix2pix" else other)
    run = finished(e, seed=3)
    workflow.translate(tiny_run(e, seed=3), run, prepared, tmp_path / "expected")
    images, names = workflow.test_inputs(prepared, direction)
    summary = translate(load(run, direction), save_images(tmp_path / "in", images), tmp_path / "out")
    assert (summary.translated, summary.padded, summary.failed) == (len(images), 0, [])
    expected = workflow.fakes_folder(tmp_path / "expected", direction)
    for number, name in enumerate(names):
        assert (tmp_path / f"out/{number}.png").read_bytes() == (expected / f"{name}.png").read_bytes()


def test_translate_stretches_images_for_a_run_on_stretched_intensities(finished, tmp_path):
    """The dim image's outputs equal those of the image over the full range, of which it is an exact reduction."""
    full = (noise(16, 16) // 85 * 85).astype(np.uint8)  # levels 0, 85, 170 and 255
    dim = (full // 85 * 20 + 60).astype(np.uint8)  # 60, 80, 100 and 120
    source = save_images(tmp_path / "in", [full, dim])
    outputs = {}
    for intensities in ("stretched", "fixed"):
        run = finished(tiny_experiment(intensities=intensities), name=f"{intensities}/0-12345678")
        translate(load(run), source, tmp_path / f"out-{intensities}")
        outputs[intensities] = [pixels(tmp_path / f"out-{intensities}/{i}.png") for i in (0, 1)]
    np.testing.assert_array_equal(outputs["stretched"][0], outputs["stretched"][1])
    np.testing.assert_array_equal(outputs["stretched"][0], outputs["fixed"][0])
    assert (outputs["fixed"][0] != outputs["fixed"][1]).any()


def test_translate_command_needs_only_run_folder_at_any_path(finished, pixcycle, tmp_path, monkeypatch):
    run = finished(tiny_experiment())
    image = Image.fromarray(noise(16, 16))
    (tmp_path / "elsewhere").mkdir()
    image.save(tmp_path / "elsewhere/one.jpg")
    shutil.move(run, tmp_path / "elsewhere/copied")
    monkeypatch.chdir(tmp_path / "elsewhere")
    printed = pixcycle("translate", "--run=copied", "--input=one.jpg", "--output=two.png")
    assert printed == (0, "two.png: 1 translated b_to_a\n", "")
    assert pixels(tmp_path / "elsewhere/two.png").shape == (16, 16, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (7, 9), (16, 17), (50, 33)])
@pytest.mark.parametrize("generator", ["unet", "resnet6"])
def test_translate_keeps_size_of_image(generator, size, finished, tmp_path):
    run = finished(tiny_experiment(generator=generator))
    image = noise(*size)
    Image.fromarray(image).save(tmp_path / "in.png")
    summary = translate(load(run), tmp_path / "in.png", tmp_path / "out.png")
    assert summary.padded == 1
    assert pixels(tmp_path / "out.png").shape == (*size, 3)


def test_translate_padding_affects_only_receptive_field_of_resnet(finished, tmp_path):
    """63 pixels: 3 (first convolution) + 1 + 2 (halvings) + 12 * 4 (blocks) + 4 + 2 (doublings) + 3 (last)."""
    trained = load(finished(tiny_experiment(generator="resnet6", norm="batch", dropout=False)))
    image = noise(16, 160)
    save_images(tmp_path / "in", [image, image[:, :157]])
    assert translate(trained, tmp_path / "in", tmp_path / "out").padded == 1
    whole, cut = pixels(tmp_path / "out/0.png")[:, :157], pixels(tmp_path / "out/1.png")
    np.testing.assert_array_equal(cut[:, : 157 - 63], whole[:, : 157 - 63])
    assert (cut[:, -20:] != whole[:, -20:]).any()


def test_translate_pads_by_reflection_and_crops_back(finished, tmp_path):
    """A U-Net's output for an image reflected by hand, cropped, equals its output for the image."""
    trained = load(finished(tiny_experiment()))
    image = noise(16, 12)
    by_hand = np.concatenate([image, image[:, 10:6:-1]], axis=1)
    save_images(tmp_path / "in", [by_hand, image])
    translate(trained, tmp_path / "in", tmp_path / "out")
    np.testing.assert_array_equal(pixels(tmp_path / "out/1.png"), pixels(tmp_path / "out/0.png")[:, :12])


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_translate_converts_any_image_mode_to_rgb(mode, finished, tmp_path):
    trained = load(finished(tiny_experiment()))
    picture = Image.fromarray(tiny_images(0, 1, 16)[0]).convert(mode)
    name = "in.jpg" if mode == "CMYK" else "in.png"
    picture.save(tmp_path / name)
    save_images(tmp_path / "rgb", [np.asarray(Image.open(tmp_path / name).convert("RGB"))])
    translate(trained, tmp_path / name, tmp_path / "of-mode.png")
    translate(trained, tmp_path / "rgb/0.png", tmp_path / "of-rgb.png")
    assert (tmp_path / "of-mode.png").read_bytes() == (tmp_path / "of-rgb.png").read_bytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_translate_turns_photograph_upright_by_exif(orientation, finished, tmp_path):
    trained = load(finished(tiny_experiment()))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.fromarray(noise(16, 32)).save(tmp_path / "in.png", exif=exif)
    save_images(tmp_path / "upright", [np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "in.png")))])
    translate(trained, tmp_path / "in.png", tmp_path / "out.png")
    translate(trained, tmp_path / "upright/0.png", tmp_path / "of-upright.png")
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "of-upright.png").read_bytes()


def test_translate_command_skips_unreadable_images_and_lists_them(finished, pixcycle, tmp_path, monkeypatch):
    finished(tiny_experiment(), name="run")
    photos = save_images(tmp_path / "photos", [noise(16, 16)])
    (photos / "trip/day 2").mkdir(parents=True)
    Image.fromarray(noise(20, 30)).save(photos / "trip/day 2/Beach.v2.JPEG")
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(photos / "trip/deep.png")
    (photos / "trip/broken.jpg").write_bytes(b"no image")
    (tmp_path / "linked").mkdir()
    Image.fromarray(noise(16, 16)).save(tmp_path / "linked/1.png")
    (photos / "linked").symlink_to("../linked")
    (photos / "trip/circle").symlink_to("..")
    Image.fromarray(noise(16, 16)).save(photos / "trip/scan.tif")
    (photos / ".hidden.png").write_bytes(b"no image")
    (photos / "notes.txt").write_text("no image")
    monkeypatch.chdir(tmp_path)
    code, out, err = pixcycle("translate", "--run=run", "--input=photos", "--output=made/here")
    broken, deep, scan = err.splitlines()
    assert code == 2
    assert re.fullmatch("made/here: 3 translated b_to_a, 1 .* multiples of 16\n", out)
    assert broken.startswith("pixcycle: --input: ") and "photos/trip/broken.jpg: " in broken
    assert deep.startswith("pixcycle: --input: photos/trip/deep.png has more than 8 bits")
    assert scan.startswith("pixcycle: --input: ") and "photos/trip/scan.tif: it is neither JPEG nor PNG" in scan
    written = sorted(path.relative_to(tmp_path / "made").as_posix() for path in (tmp_path / "made").rglob("*.*"))
    assert written == ["here/0.png", "here/linked/1.png", "here/trip/day 2/Beach.v2.png"]
    assert pixels(tmp_path / "made/here/trip/day 2/Beach.v2.png").shape == (20, 30, 3)


def test_interrupted_translate_leaves_nothing(finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment(inference_batch=1)))
    photos = save_images(tmp_path / "photos", [noise(16, 16)] * 3)
    written = []

    def stop_at_the_second(path, content):
        written.append(path)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(translating, "write_here", stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        translate(trained, photos, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"photos", "results"}


def test_translate_batch_has_no_more_pixels_than_batch_of_test_images(finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment(inference_batch=4)))
    sizes = [(16, 16)] * 6 + [(16, 32)] * 3 + [(64, 64)] * 2
    save_images(tmp_path / "in", [noise(*size) for size in sizes[:10]])
    Image.fromarray(noise(*sizes[10])).save(tmp_path / "in/91.png")  # after 9.png by name
    shapes = []
    to_tensor = translating.to_tensor
    monkeypatch.setattr(translating, "to_tensor", lambda a, device: shapes.append(a.shape[:3]) or to_tensor(a, device))
    translate(trained, tmp_path / "in", tmp_path / "out")
    assert shapes == [(4, 16, 16), (2, 16, 16), (2, 16, 32), (1, 16, 32), (1, 64, 64), (1, 64, 64)]


def test_translate_reports_image_too_large_for_memory(finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment()))
    save_images(tmp_path / "in", [noise(16, 16), noise(32, 48)])
    to_tensor = translating.to_tensor

    def little_memory(images, device):
        if images.shape[1] > 16:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return to_tensor(images, device)

    monkeypatch.setattr(translating, "to_tensor", little_memory)
    summary = translate(trained, tmp_path / "in", tmp_path / "out")
    assert summary.translated == 1
    [line] = summary.failed
    assert line.startswith(f"{tmp_path / 'in/1.png'}: 48x32 pixels") and "memory" in line


def test_translate_reports_nan_instead_of_writing_image(finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment()))
    save_images(tmp_path / "in", [noise(16, 16, seed) for seed in range(3)])
    to_tensor = translating.to_tensor

    def overflow(images, device):
        tensor = to_tensor(images, device)
        tensor[1] = torch.nan
        return tensor

    monkeypatch.setattr(translating, "to_tensor", overflow)
    summary = translate(trained, tmp_path / "in", tmp_path / "out")
    [line] = summary.failed
    assert line.startswith(f"{tmp_path / 'in/1.png'}: ") and "NaN" in line
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["0.png", "2.png"]


@pytest.mark.parametrize(
    ("source", "out", "message"),
    [
        ("photos", "photos", "photos lies inside photos, the folder to translate"),
        ("photos", "photos/a/b", "photos/a/b lies inside photos, the folder to translate"),
        ("photos", "full", "full exists already; choose another path"),
        ("photos", "one.png", "one.png exists already"),
        ("one.png", "one.png", "one.png exists already"),
        ("one.png", "link", "link/one.png exists already"),
        ("one.png", "two.jpg", "translations are PNG files; name it .*two.png"),
        ("same", "out", "x.jpg and .*x.png would both become x.png"),
        ("none", "out", "none: no such file or folder"),
        ("empty", "out", "empty holds no images"),
        ("bad", "out", "--input: cannot read the image bad/0.png"),
    ],
)
def test_translate_refuses_invalid_paths_and_changes_no_file(source, out, message, finished, tmp_path, monkeypatch):
    trained = load(finished(tiny_experiment()))
    monkeypatch.chdir(tmp_path)
    for folder in ("photos", "full", "same", "empty", "bad"):
        (tmp_path / folder).mkdir()
    for name in ("photos/0.png", "full/0.png", "one.png", "same/x.jpg", "same/x.png"):
        Image.fromarray(noise(16, 16)).save(tmp_path / name)
    (tmp_path / "bad/0.png").write_bytes(b"no image")
    (tmp_path / "link").symlink_to(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(UserError, match=message):
        translate(trained, type(tmp_path)(source), type(tmp_path)(out))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
