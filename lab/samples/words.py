"""Words that a worker picks from, so that they can be counted. Their labels are in ``samples.po``."""

from enum import StrEnum


class Colour(StrEnum):
    """Colours of a product, several at once where it has several."""

    WHITE = "white"
    OFF_WHITE = "off_white"
    GREY = "grey"
    BLACK = "black"
    BROWN = "brown"
    BEIGE = "beige"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    PINK = "pink"
    PURPLE = "purple"
    BLUE = "blue"
    GREEN = "green"
    COLOURLESS = "colourless"


class Texture(StrEnum):
    """How a product feels and looks."""

    FINE = "fine"
    COARSE = "coarse"
    CLUMPED = "clumped"
    CRYSTALLINE = "crystalline"
    WAXY = "waxy"
    STICKY = "sticky"
    OILY = "oily"
    HARD = "hard"


class Route(StrEnum):
    """How a product is taken."""

    SWALLOWED = "swallowed"
    SNORTED = "snorted"
    SMOKED = "smoked"
    VAPED = "vaped"
    INJECTED = "injected"
    UNDER_TONGUE = "under_tongue"
    RECTAL = "rectal"
    SKIN = "skin"


class TabletShape(StrEnum):
    """Outline of a tablet; anything that is a figure of its own is ``figure``."""

    ROUND = "round"
    OVAL = "oval"
    SQUARE = "square"
    RECTANGLE = "rectangle"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    PENTAGON = "pentagon"
    HEXAGON = "hexagon"
    HEART = "heart"
    SHIELD = "shield"
    FIGURE = "figure"
