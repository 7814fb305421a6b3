"""Twists and rotation vectors as matrices; of numpy or torch."""

from sfm.geometry.arrays import Array, library_of

POSE = 6
"""Numbers of a twist: displacement, then rotation vector."""


def hat(v: Array) -> Array:
    """Cross-product matrices (… 3 3) of vectors (… 3): hat(v) w = v × w."""
    library = library_of(v)
    x, y, z = v[..., 0], v[..., 1], v[..., 2]
    zero = library.zeros_like(x)
    return library.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*v.shape[:-1], 3, 3)


def adjoint(rotation: Array, translation: Array) -> Array:
    """Ad (… 6 6) of target from source: exp(ξ_target) T = T exp(ξ_source) for ξ_target = Ad ξ_source, ξ = (v, ω).

    Args:
        rotation, translation: (… 3 3) and (… 3) of T.
    """
    library = library_of(rotation)
    upper = library.concatenate([rotation, hat(translation) @ rotation], -1)
    return library.concatenate([upper, library.concatenate([library.zeros_like(rotation), rotation], -1)], -2)
