"""How decoders grow to full resolution."""


def widths_to_full_size(width: int, stride: int, floor: int) -> list[int]:
    """Channels before the first doubling and after each: half as many every time.

    Args:
        width: channels of the finest map that is read.
        stride: of that map, in pixels; a power of 2, whose logarithm is the number of doublings.
        floor: fewest channels.
    """
    widths = [width]
    while stride > 1:
        widths.append(max(widths[-1] // 2, floor))
        stride //= 2
    return widths
