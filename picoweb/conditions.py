"""What a request for a file says of it: gzip or not, the one the client has, a range (RFC 9110 12.5.3, 13, 14)."""
import utime

from .http import gmtime

MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"


def takes_gzip(field):
    """Return whether an Accept-Encoding allows gzip, None if there is no such field (RFC 9110 12.5.3)."""
    if field is None:
        return None
    others = False
    for item in field.lower().split(b","):
        coding, _, weight = item.partition(b";")
        taken = not weight or weight.partition(b"=")[2].strip(b" \t0.") != b""
        coding = coding.strip(b" \t")
        if coding in (b"gzip", b"x-gzip"):
            return taken
        if coding == b"*":
            others = taken
    return others


def http_date(mtime):
    """Return a file's date; None if the clock was not set when it was written, or is not now."""
    t = gmtime(mtime)
    if t[0] < 2024 or mtime > utime.time():
        return None
    return b"%s, %02d %s %d %02d:%02d:%02d GMT" % (
        b"MonTueWedThuFriSatSun"[t[6] * 3 :][:3], t[2], MONTHS[t[1] * 3 - 3 :][:3], t[0], t[3], t[4], t[5],
    )


def has(tags, etag):
    """Return whether a list of tags, or an asterisk, has this one; a weak one does not count."""
    return b"*" in tags or etag in tags


def is_changed(asked, etag, date):
    """Return whether the client asks for one that is no longer there: 412 (RFC 9110 13.2.2, steps 1 and 2)."""
    tags = asked.get(b"If-Match")
    if tags is not None:
        return not has([tag.strip(b" \t") for tag in tags.split(b",")], etag)
    since = order(asked.get(b"If-Unmodified-Since", b""))
    return bool(date and since and since < order(date))


def is_fresh(asked, etag, date):
    """Return whether the client has this one already: 304 (RFC 9110 13.2.2, steps 3 and 4)."""
    tags = asked.get(b"If-None-Match")
    if tags is None:
        return bool(date and order(asked.get(b"If-Modified-Since", b"")) >= order(date))
    tags = [tag.strip(b" \t") for tag in tags.split(b",")]
    return has([tag[2:] if tag[:2] == b"W/" else tag for tag in tags], etag)


def order(date):
    """Return of a date what tells which is later, () if it is none or in an old format (RFC 9110 5.6.7)."""
    words = date.split(b" ")
    if len(date) != 29 or len(words) != 6:
        return ()
    month = MONTHS.find(words[2])
    if month % 3 or not (words[3] + words[1] + words[4].replace(b":", b"")).isdigit():
        return ()
    return words[3], month, words[1], words[4]


def find_part(asked, etag, date, size):
    """Return the range that is asked for, if the client has a part of this one: the first byte and the one after the last."""
    if asked.get(b"If-Range", etag) not in (etag, date):
        return None
    return parse_range(asked.get(b"Range", b""), size)


def parse_range(field, size):
    """Return the first byte and the one after the last; None for several ranges or what is none, to be ignored."""
    unit, _, numbers = field.partition(b"=")
    first, dash, last = numbers.strip(b" \t").partition(b"-")
    if unit.lower() != b"bytes" or not dash or not first + last or (first + last).strip(b"0123456789"):
        return None
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last) + 1, size) if last else size
