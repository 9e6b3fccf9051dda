"""Odd, damaged and hostile image files, each with its pixels or a phrase of its refusal."""

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.corpus.encoded import (
    GREY,
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGBA,
    SIGNATURE,
    arithmetic_coded,
    changed,
    chunk,
    exif,
    filtered_by_paeth,
    idat,
    ihdr,
    inflated,
    inserted,
    interlaced,
    jpeg_of_scans,
    png,
    png_of,
    rows,
    saved,
    segment,
    until,
)
from tests.corpus.form import Input
from tests.corpus.pictures import (
    ANY,
    CMYK,
    LEVELS,
    QUARTERS,
    ROW,
    SCENE,
    Pixels,
    animated,
    bound,
    flipped_where_only_the_crc_sees_it,
    from_ycck,
    grey,
    in_pieces,
    ink_on_paper,
    jpeg_of_cmyk,
    linked_well,
    of_two_components,
    palette,
    piped,
    png_of_300_megabytes,
    quarters_jpeg,
    scene_png,
    wide_scene,
    zeros,
)


def file(name: str, content: Callable[[], bytes], expected: Pixels | str) -> Input:
    return Input(name, lambda path: path.write_bytes(content()), expected)


OF_PALETTE = Pixels(np.stack([LEVELS, 255 - LEVELS, np.full_like(LEVELS, 7)], axis=-1))
WITH_ALPHA = np.concatenate([SCENE, LEVELS[..., None]], axis=-1)
DEEP = "has more than 8 bits per channel; convert it to 8 bits"
DAMAGED = "; replace it with an intact JPEG or PNG"
MISSING = "some of its pixel rows are missing" + DAMAGED
NO_HEADER = "its header is damaged or cut off" + DAMAGED
NEITHER = "it is neither JPEG nor PNG (it begins with "

PNGS = [
    file("PNG", scene_png, Pixels(SCENE)),
    file("PNG of 8-bit grey", lambda: png_of(LEVELS, colour=GREY), Pixels(grey(LEVELS))),
    file("PNG of 4-bit grey", lambda: png_of(LEVELS % 16, depth=4, colour=GREY), Pixels(grey(LEVELS % 16 * 17))),
    file("PNG of 2-bit grey", lambda: png_of(LEVELS % 4, depth=2, colour=GREY), Pixels(grey(LEVELS % 4 * 85))),
    file("PNG of 1 bit", lambda: png_of(LEVELS % 2, depth=1, colour=GREY), Pixels(grey(LEVELS % 2 * 255))),
    file("PNG with a palette", palette, OF_PALETTE),
    file("PNG with a palette and transparency", lambda: palette(chunk(b"tRNS", bytes(range(256)))), OF_PALETTE),
    file("PNG with a palette and one clear colour", lambda: palette(chunk(b"tRNS", b"\xff\x00")), OF_PALETTE),
    file(
        "PNG with a palette of 2",
        lambda: png_of(LEVELS % 2, chunk(b"PLTE", bytes([1, 2, 3, 4, 5, 6])), depth=1, colour=PALETTE),
        Pixels(np.array([(1, 2, 3), (4, 5, 6)])[LEVELS % 2]),
    ),
    file(
        "PNG of grey and alpha",
        lambda: png_of(np.stack([LEVELS, LEVELS[::-1]], -1), colour=GREY_ALPHA),
        Pixels(grey(LEVELS)),
    ),
    file("PNG with alpha", lambda: png_of(WITH_ALPHA, colour=RGBA), Pixels(SCENE)),
    file("PNG that is all clear", lambda: png_of(WITH_ALPHA * [1, 1, 1, 0], colour=RGBA), Pixels(SCENE)),
    file(
        "PNG with a clear colour", lambda: png_of(SCENE, chunk(b"tRNS", struct.pack(">3H", 0, 0, 255))), Pixels(SCENE)
    ),
    file(
        "PNG with a clear grey",
        lambda: png_of(LEVELS, chunk(b"tRNS", struct.pack(">H", 7)), colour=GREY),
        Pixels(grey(LEVELS)),
    ),
    file("PNG, interlaced", lambda: interlaced(SCENE), Pixels(SCENE)),
    file("PNG, interlaced, of one column", lambda: interlaced(SCENE[:, :1]), Pixels(SCENE[:, :1])),
    file("PNG, interlaced, without its last pass", lambda: interlaced(SCENE, passes=6), MISSING),
    file("PNG, filtered by Paeth", lambda: filtered_by_paeth(SCENE), Pixels(SCENE)),
    file("PNG in many chunks, some empty", in_pieces, Pixels(SCENE)),
    file("PNG, animated", lambda: animated(default_is_a_frame=True), Pixels(SCENE)),
    file("PNG, animated, with a separate still image", lambda: animated(default_is_a_frame=False), Pixels(SCENE)),
    file("PNG of 1x1", lambda: png_of(SCENE[:1, 3:4]), Pixels(SCENE[:1, 3:4])),
    file("PNG of 1x300", lambda: png_of(SCENE[:, 5:6].repeat(300, 0)[:300]), Pixels(SCENE[0, 5])),
    file("PNG of 300x1", lambda: png_of(SCENE[5:6].repeat(300, 1)[:, :300]), Pixels(SCENE[5, 0])),
    file(
        "PNG with an ICC profile",
        lambda: png_of(SCENE, chunk(b"iCCP", b"odd\0\0" + zlib.compress(b"profile"))),
        Pixels(SCENE),
    ),
    file("PNG with gamma 1", lambda: png_of(SCENE, chunk(b"gAMA", struct.pack(">I", 100000))), Pixels(SCENE)),
    file("PNG with a rotation in EXIF", lambda: png_of(SCENE, chunk(b"eXIf", exif(6))), Pixels(SCENE, turned=True)),
    file("PNG with broken EXIF", lambda: png_of(SCENE, chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")), Pixels(SCENE)),
    file(
        "PNG with 20 MB of text", lambda: png_of(SCENE, chunk(b"iTXt", b"a\0\0\0\0\0" + bytes(20 << 20))), Pixels(SCENE)
    ),
    file("PNG with an unknown chunk of 20 MB", lambda: png_of(SCENE, chunk(b"odDy", bytes(20 << 20))), Pixels(SCENE)),
    file(
        "PNG with 300 MB of text in zTXt",
        lambda: png_of(SCENE, chunk(b"zTXt", b"a\0\0" + inflated(300))),
        "Decompressed data too large",
    ),
    file(
        "PNG with 300 MB of text in iTXt",
        lambda: png_of(SCENE, chunk(b"iTXt", b"a\0\1\0\0\0" + inflated(300))),
        "Decompressed data too large",
    ),
    file(
        "PNG with 300 MB of profile",
        lambda: png_of(SCENE, chunk(b"iCCP", b"a\0\0" + inflated(300))),
        "Decompressed data too large",
    ),
    file(
        "PNG with 100 texts of 1 MB",
        lambda: png_of(SCENE, *100 * [chunk(b"zTXt", b"a\0\0" + inflated(1))]),
        "Too much memory used in text chunks",
    ),
    file(
        "PNG with 300 MB of text after its pixels",
        lambda: png(ihdr(16, 16), idat(rows(SCENE)), chunk(b"zTXt", b"a\0\0" + inflated(300))),
        "Decompressed data too large",
    ),
    file("PNG of 16-bit grey", lambda: png_of(LEVELS * 257, depth=16, colour=GREY), DEEP),
    file("PNG of 16-bit RGB", lambda: png_of(SCENE * 257, depth=16), DEEP),
    file("PNG of 16-bit RGBA", lambda: png_of(WITH_ALPHA * 257, depth=16, colour=RGBA), DEEP),
    file(
        "PNG of 16-bit grey and alpha",
        lambda: png_of(WITH_ALPHA[..., :2] * 257, depth=16, colour=GREY_ALPHA),
        DEEP,
    ),
    file("PNG with garbage after its end", lambda: scene_png() + b"rubbish" * 99, Pixels(SCENE)),
    file("PNG with another PNG after its end", lambda: scene_png() + png_of(0 * SCENE), Pixels(SCENE)),
    file("PNG whose header states fewer rows", lambda: wide_scene(16, 8), Pixels(SCENE[:8].repeat(2, axis=0))),
    file("PNG whose header states more rows", lambda: wide_scene(16, 17), MISSING),
    file("PNG whose header states longer rows", lambda: wide_scene(17, 16), DAMAGED),
    file("PNG of width 0", lambda: wide_scene(0, 16), DAMAGED),
    file("PNG of height 0", lambda: wide_scene(16, 0), DAMAGED),
    file("PNG of negative width", lambda: wide_scene(2**32 - 16, 16), "pixels; reduce it"),
    file("PNG of 3 bits", lambda: png_of(SCENE, depth=8)[:24] + b"\3" + scene_png()[25:], NO_HEADER),
    file("PNG of colour type 5", lambda: png(ihdr(16, 16, 8, 5), idat(rows(SCENE))), DAMAGED),
    file("PNG that states another compression", lambda: png(ihdr(16, 16, 8, RGB, 1), idat(rows(SCENE))), Pixels(SCENE)),
    file("PNG that states another filter method", lambda: png(ihdr(16, 16, 8, RGB, 0, 1), idat(rows(SCENE))), DAMAGED),
    file("PNG with filter 9", lambda: png(ihdr(16, 16), idat(b"\x09" + rows(SCENE)[1:])), DAMAGED),
    file("PNG without a header", lambda: png(idat(rows(SCENE))), DAMAGED),
    file("PNG with a short header", lambda: png(chunk(b"IHDR", bytes(7)), idat(rows(SCENE))), DAMAGED),
    file("PNG without pixels", lambda: png(ihdr(16, 16)), DAMAGED),
    file("PNG whose pixels are not a zlib stream", lambda: png(ihdr(16, 16), chunk(b"IDAT", b"pixels")), DAMAGED),
    file("PNG with a chunk of 4 GB", lambda: png_of(SCENE, chunk(b"tEXt", b"a", length=2**32 - 1)), DAMAGED),
    file("PNG with pixels of 2 GB", lambda: png(ihdr(16, 16), chunk(b"IDAT", b"x", length=2**31 - 1)), DAMAGED),
    file("PNG with a chunk without a name", lambda: png_of(SCENE, chunk(b"\0\0\0\0")), DAMAGED),
    file("PNG with a flipped bit in its signature", lambda: b"\x88" + scene_png()[1:], NEITHER + r"b'\x88PNG"),
    file("PNG with a flipped bit in its header", lambda: changed(scene_png(), b"IHDR", 7, 17), NO_HEADER),
    file("PNG with a flipped bit in its palette", lambda: changed(palette(), b"PLTE", 9, 99), NO_HEADER),
    file("PNG with a flipped bit in its pixels", lambda: changed(scene_png(), b"IDAT", 30, 99), DAMAGED),
    file(
        "PNG with a flipped pixel",
        flipped_where_only_the_crc_sees_it,
        "chunk b'IDAT' is wrong" + DAMAGED,
    ),
    file("PNG with a flipped bit in a checksum", lambda: changed(scene_png(), b"IEND", -5, 1), DAMAGED),
    file("PNG cut off in its signature", lambda: SIGNATURE[:5], NEITHER),
    file("PNG cut off after its signature", lambda: SIGNATURE, NO_HEADER),
    file("PNG cut off in its header", lambda: until(scene_png(), b"IHDR", 6), DAMAGED),
    file("PNG cut off after its header", lambda: until(scene_png(), b"IDAT", -4), NO_HEADER),
    file("PNG cut off in its pixels", lambda: until(scene_png(), b"IDAT", 60), DAMAGED),
    file("PNG cut off after its pixels", lambda: until(scene_png(), b"IEND", -8), DAMAGED),
    file("PNG without its end", lambda: until(scene_png(), b"IEND", -4), "its end is missing" + DAMAGED),
    file("PNG sent as text", lambda: scene_png().replace(b"\r\n", b"\n"), NEITHER),
    file("PNG in gzip", lambda: gzip.compress(scene_png()), NEITHER),
]

TOO_MANY = "pixels; reduce it to at most 134217728"
BOMBS = [
    file("PNG of 20000x20000", lambda: zeros(20000, 20000, 1, GREY), "has 20000x20000 " + TOO_MANY),
    file("PNG of 20000x20000 by its header", lambda: wide_scene(20000, 20000), "has 20000x20000 " + TOO_MANY),
    file("PNG of 2147483647x1", lambda: wide_scene(2**31 - 1, 1), TOO_MANY),
    file("PNG of 2147483647x2147483647", lambda: wide_scene(2**31 - 1, 2**31 - 1), TOO_MANY),
    file("PNG of one row too many", lambda: zeros(16384, 8193, 1, GREY), "has 16384x8193 " + TOO_MANY),
    file(
        "PNG of a world map of 16384x8192",
        lambda: zeros(16384, 8192, 8, PALETTE, chunk(b"PLTE", bytes([9, 8, 7]))),
        Pixels(np.array([9, 8, 7])),
    ),
    file("PNG of 99999x9", lambda: zeros(99999, 9, 1, GREY), Pixels(np.zeros(3))),
    file(
        "JPEG of 65500x65500",
        lambda: changed(quarters_jpeg(), b"\xff\xc0", 5, 0xFF, 0xDC, 0xFF, 0xDC),
        "has 65500x65500 " + TOO_MANY,
    ),
    file("JPEG of 100000 scans", lambda: jpeg_of_scans(4096, 4096, 10**5), "is a JPEG with more than 100 scans"),
    Input("PNG of 300 MB", png_of_300_megabytes, "has more than 268435456 bytes"),
]


OF_QUARTERS = Pixels(QUARTERS, within=3)
LUMA = QUARTERS @ [0.299, 0.587, 0.114]
EXIF = b"Exif\0\0"
THUMBNAIL = EXIF + b"MM\0*" + bytes(8)

JPEGS = [
    file("JPEG", quarters_jpeg, OF_QUARTERS),
    file("JPEG, progressive", lambda: quarters_jpeg(progressive=True), OF_QUARTERS),
    file("JPEG, optimised", lambda: quarters_jpeg(optimize=True), OF_QUARTERS),
    file("JPEG with restarts", lambda: quarters_jpeg(restart_marker_blocks=1), OF_QUARTERS),
    file("JPEG that is not YCbCr", lambda: quarters_jpeg(keep_rgb=True), OF_QUARTERS),
    file("JPEG of grey", lambda: saved(LUMA), Pixels(grey(LUMA), within=2)),
    file("JPEG of CMYK by Adobe", lambda: jpeg_of_cmyk(0), Pixels(ink_on_paper(CMYK), within=4)),
    file("JPEG of CMYK without Adobe's marker", lambda: jpeg_of_cmyk(None), Pixels(ink_on_paper(CMYK), within=4)),
    file("JPEG of YCCK by Adobe", lambda: jpeg_of_cmyk(2), Pixels(from_ycck(CMYK), within=4)),
    file("JPEG, arithmetic-coded", lambda: arithmetic_coded(16, 16), Pixels(np.full(3, 128), within=1)),
    file("JPEG, progressive, of 100 scans", lambda: jpeg_of_scans(16, 16, 99), Pixels(np.full(3, 128))),
    *(
        file(
            f"JPEG with orientation {i} in EXIF",
            lambda i=i: quarters_jpeg(exif=EXIF + exif(i)),
            Pixels(QUARTERS, 3, turned=True),
        )
        for i in range(2, 9)
    ),
    file("JPEG that is upright according to EXIF", lambda: quarters_jpeg(exif=EXIF + exif(1)), OF_QUARTERS),
    file("JPEG with an invalid orientation", lambda: quarters_jpeg(exif=EXIF + exif(9)), OF_QUARTERS),
    file("JPEG with an orientation as text", lambda: quarters_jpeg(exif=EXIF + exif(6, kind=2)), OF_QUARTERS),
    file("JPEG with EXIF cut off", lambda: quarters_jpeg(exif=(EXIF + exif(6))[:-9]), OF_QUARTERS),
    file("JPEG with EXIF that points to itself", lambda: quarters_jpeg(exif=EXIF + b"MM\0*\0\0\0\4"), OF_QUARTERS),
    file(
        "JPEG with another picture as thumbnail",
        lambda: inserted(quarters_jpeg(), segment(0xE1, THUMBNAIL + saved(0 * QUARTERS))),
        OF_QUARTERS,
    ),
    file("JPEG with an ICC profile", lambda: quarters_jpeg(icc_profile=b"profile" * 999), OF_QUARTERS),
    file(
        "JPEG with half an ICC profile",
        lambda: inserted(quarters_jpeg(), segment(0xE2, b"ICC_PROFILE\0\1\2" + b"profile")),
        OF_QUARTERS,
    ),
    file("JPEG with a long comment", lambda: inserted(quarters_jpeg(), segment(0xFE, bytes(65533))), OF_QUARTERS),
    file(
        "JPEG with broken Photoshop metadata",
        lambda: inserted(quarters_jpeg(), segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\xff")),
        OF_QUARTERS,
    ),
    file("JPEG with fill bytes", lambda: inserted(quarters_jpeg(), b"\xff" * 99), OF_QUARTERS),
    file("JPEG of two pictures", lambda: quarters_jpeg(kind="MPO"), OF_QUARTERS),
    file(
        "JPEG with a broken index of pictures",
        lambda: inserted(quarters_jpeg(), segment(0xE2, b"MPF\0MM\0*" + bytes(99))),
        OF_QUARTERS,
    ),
    file("JPEG with garbage after its end", lambda: quarters_jpeg() + b"rubbish" * 999, OF_QUARTERS),
    file("JPEG with another JPEG after its end", lambda: quarters_jpeg() + saved(0 * QUARTERS), OF_QUARTERS),
    file("JPEG of width 0", lambda: changed(quarters_jpeg(), b"\xff\xc0", 7, 0, 0), NO_HEADER),
    file("JPEG of height 0", lambda: changed(quarters_jpeg(), b"\xff\xc0", 5, 0, 0), NO_HEADER),
    file("JPEG of 12 bits", lambda: changed(quarters_jpeg(), b"\xff\xc0", 4, 12), NO_HEADER),
    file("JPEG of two components", of_two_components, DAMAGED),
    file("JPEG, lossless, by its header", lambda: changed(quarters_jpeg(), b"\xff\xc0", 1, 0xC3), DAMAGED),
    file("JPEG, hierarchical, by its header", lambda: changed(quarters_jpeg(), b"\xff\xc0", 1, 0xC5), DAMAGED),
    file("JPEG without a frame", lambda: changed(quarters_jpeg(), b"\xff\xc0", 1, 0xFE), DAMAGED),
    file("JPEG without tables", lambda: changed(quarters_jpeg(), b"\xff\xdb", 1, 0xFE), DAMAGED),
    file("JPEG with a segment of no length", lambda: changed(quarters_jpeg(), b"\xff\xdb", 2, 0, 0), DAMAGED),
    file("JPEG with a segment too long", lambda: changed(quarters_jpeg(), b"\xff\xdb", 2, 0xFF, 0xFF), DAMAGED),
    file("JPEG with a flipped bit in its signature", lambda: b"\xfe" + quarters_jpeg()[1:], NEITHER),
    file(
        "JPEG whose pixels end early, with its end marker",
        lambda: quarters_jpeg(restart_marker_rows=1).partition(b"\xff\xd0")[0] + b"\xff\xd9",
        Pixels(np.where(ROW[..., None] < 8, QUARTERS, ANY), 3),
    ),
    file("JPEG cut off in its signature", lambda: quarters_jpeg()[:2], NEITHER),
    file("JPEG cut off after its signature", lambda: quarters_jpeg()[:3], NO_HEADER),
    file("JPEG cut off in its tables", lambda: until(quarters_jpeg(), b"\xff\xdb", 40), DAMAGED),
    file("JPEG cut off in its frame", lambda: until(quarters_jpeg(), b"\xff\xc0", 9), DAMAGED),
    file("JPEG cut off before its codes", lambda: until(quarters_jpeg(), b"\xff\xc4"), DAMAGED),
    file("JPEG cut off before its pixels", lambda: until(quarters_jpeg(), b"\xff\xda", 14), DAMAGED),
    file("JPEG cut off in its pixels", lambda: until(quarters_jpeg(), b"\xff\xda", 24), "truncated"),
    file("JPEG without its end", lambda: quarters_jpeg()[:-2], "truncated"),
    file("JPEG, progressive, cut off between scans", lambda: quarters_jpeg(progressive=True)[:-40], "truncated"),
]

NO_IMAGES = [
    file(".png of zero bytes", lambda: b"", NEITHER + "b''"),
    file(".jpg of one byte", lambda: b"\xff", NEITHER),
    file(".jpg of text", lambda: b"no image", NEITHER + "b'no image'"),
    file(".png of a login page", lambda: b"<!DOCTYPE html><title>Please log in</title>", NEITHER + "b'<!DOCTYPE html>"),
    file(".jpg of JSON", lambda: b'{"error": "rate limit"}', NEITHER),
    file(
        ".png of a Git LFS pointer",
        lambda: b"version https://git-lfs.github.com/spec/v1\n",
        NEITHER + "b'version https",
    ),
    file(".png of an SVG", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', NEITHER),
    file(".png of zeros", lambda: bytes(10**6), NEITHER),
    *(
        file(f".jpg of {kind}", lambda kind=kind: saved(QUARTERS, kind), NEITHER)
        for kind in ("GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO", "AVIF", "JPEG2000", "PDF", "EPS")
    ),
]


NO_FILES = [
    Input("folder.png", Path.mkdir, "it is a folder"),
    Input("pipe.png", piped, "it is not a regular file"),
    Input("socket.png", bound, "it is not a regular file"),
    Input("link to a device.png", lambda path: path.symlink_to("/dev/zero"), "it is not a regular file"),
    Input("link to a terminal.png", lambda path: path.symlink_to("/dev/tty"), "it is not a regular file"),
    Input("link to nothing.png", lambda path: path.symlink_to("nowhere.png"), "it is a broken link"),
    Input("link to itself.png", lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    Input("link to a folder.png", lambda path: path.symlink_to("../trainB"), "it is a folder"),
    Input("link to an unreadable file.png", lambda path: path.symlink_to("/proc/self/mem"), "Input/output error"),
    Input("link to an image.png", linked_well, Pixels(SCENE)),
]

IMAGES = [*PNGS, *JPEGS, *NO_IMAGES]
