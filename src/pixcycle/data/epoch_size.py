"""How many images of each domain an epoch shows, and in batches of which size; without torch, for estimates."""

from pixcycle.params.fields import EpochLength, LastBatch


def size_of_epoch(
    images: tuple[int, int], batch_size: int, epoch_length: EpochLength, last_batch: LastBatch
) -> tuple[int, tuple[int, int]]:
    """Return (images in a batch, images that an epoch shows of each domain).

    An epoch has as many batches as the domain that it shows more of fills, the last one perhaps in part.

    Parameters
    ----------
    images
        Images in each domain; equal if they are paired.
    batch_size
        Images in a batch, if there are enough.
    epoch_length, last_batch
        As in an experiment.
    """
    once = {"larger": max, "smaller": min}[epoch_length](images)
    if last_batch == "kept_by_domain":
        whole = -(-once // batch_size) * batch_size
        a, b = (min(n, whole) for n in images)
        return min(batch_size, max(a, b)), (a, b)
    batch = min(batch_size, once)
    samples = once if last_batch == "kept" else once // batch * batch
    return batch, (samples, samples)


def steps_of_epoch(batch_size: int, samples: tuple[int, int]) -> int:
    """Return the number of batches of an epoch, given what `size_of_epoch` returns."""
    return -(-max(samples) // batch_size)
