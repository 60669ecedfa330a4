"""What makes a made CT look like a scan: grain of tissue and noise with a scanner's correlation, all from one seed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

PEAK_PER_MM: Final = 0.28
"""Spatial frequency at which the noise of a standard body kernel is strongest (assumed; 0.2 to 0.4 are common)."""

Field = NDArray[np.float32]


def grain(
    shape: tuple[int, int, int], spacing_mm: NDArray[np.float64], length_mm: float, rng: np.random.Generator
) -> Field:
    """Return a smooth random field of mean 0 and standard deviation 1; `length_mm` is the gaussian's width."""
    from scipy.ndimage import gaussian_filter, gaussian_filter1d  # noqa: PLC0415

    sigma = length_mm / spacing_mm
    field = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma, mode="wrap")
    spread = 1.0
    for width in sigma:
        point = np.zeros(8 * int(np.ceil(width)) + 17)
        point[len(point) // 2] = 1.0
        spread *= float(np.sqrt(np.sum(gaussian_filter1d(point, width) ** 2)))
    return np.asarray(field / np.float32(spread), dtype=np.float32)


def scanner_noise(
    shape: tuple[int, int, int],
    spacing_mm: NDArray[np.float64],
    slice_axis: int,
    spread_hu: float,
    rng: np.random.Generator,
) -> Field:
    """Return noise as filtered back-projection leaves it: a ramp with a soft end in each slice, slices independent.

    Its power is f · exp(−(f / f₀)²), which peaks at `PEAK_PER_MM`: grains of a few millimetres, no slow drift.

    Parameters
    ----------
    slice_axis : the array axis along which slices are stacked.
    spread_hu : standard deviation.
    """
    plane = [axis for axis in range(3) if axis != slice_axis]
    rows, columns = (shape[axis] for axis in plane)
    fy = np.fft.fftfreq(rows, spacing_mm[plane[0]])[:, None]
    fx = np.fft.rfftfreq(columns, spacing_mm[plane[1]])[None, :]
    f = np.hypot(fx, fy)
    power = f * np.exp(-((f / (PEAK_PER_MM * np.sqrt(2.0))) ** 2))
    twice = np.where((np.arange(columns // 2 + 1) == 0) | (2 * np.arange(columns // 2 + 1) == columns), 1.0, 2.0)
    mean_power = float((power * twice).sum() / (rows * columns))
    if mean_power <= 0.0:  # an image of one voxel a slice has no frequency but zero
        return np.zeros(shape, dtype=np.float32)
    gain = np.sqrt(power / mean_power) * spread_hu
    out = np.empty(shape, dtype=np.float32)
    stacked = np.moveaxis(out, slice_axis, 0)
    for one in stacked:
        one[...] = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((rows, columns))) * gain, s=(rows, columns))
    return out
