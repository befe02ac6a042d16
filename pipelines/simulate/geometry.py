"""Distances on the globe. Does not belong here: routes and meters (`trips`)."""

import numpy as np

EARTH_RADIUS_MILES = 3958.7613
MILES_PER_DEGREE = EARTH_RADIUS_MILES * np.pi / 180


def great_circle_miles(
    latitude: np.ndarray, longitude: np.ndarray, to_latitude: np.ndarray, to_longitude: np.ndarray
) -> np.ndarray:
    """Great-circle distance in miles between points in degrees, by the haversine formula; shapes broadcast."""
    north, to_north = np.radians(latitude), np.radians(to_latitude)
    half_east = np.radians(to_longitude - longitude) / 2
    chord = np.sin((to_north - north) / 2) ** 2 + np.cos(north) * np.cos(to_north) * np.sin(half_east) ** 2
    return 2 * EARTH_RADIUS_MILES * np.arcsin(np.sqrt(chord))


def scattered(
    rng: np.random.Generator, latitude: np.ndarray, longitude: np.ndarray, sigma_miles: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points around the given ones, normal with `sigma_miles` to the north and to the east, in degrees."""
    north, east = rng.normal(0, sigma_miles / MILES_PER_DEGREE, (2, *np.shape(latitude)))
    return latitude + north, longitude + east / np.cos(np.radians(latitude))
