"""The tables of the read models, and how their rows are read.

Most contents decide everywhere: what a region's columns would repeat is not written. The views with
the name of a table's things (`entries`, `claims`, `acts`) fill it in.
"""

from typing import Final

from communique.server.projections.projection import FOREVER
from communique.server.views.read_model.content_rows import REGION_BITS

VAGUE_MICROS: Final = 2 * 86_400 * 1_000_000
"""What may have begun over more than two days is vague: it has an index by when it had settled."""
_REGION_COLUMNS: Final = """
    position_from INTEGER,
    position_to INTEGER,
    known_from INTEGER,
    known_to INTEGER,
    content_position INTEGER,
"""
_REGION: Final = f"""
    ifnull(position_from, entry >> {REGION_BITS}) AS position_from,
    ifnull(position_to, {FOREVER}) AS position_to,
    ifnull(known_from, known) AS known_from,
    ifnull(known_to, {FOREVER}) AS known_to,
    ifnull(content_position, entry >> {REGION_BITS}) AS content_position
"""

SCHEMA: Final = f"""
    -- The number of each text by which something is found or told: a dyad, a facet, a subject, an
    -- issue, an issue in a dyad, a party, an outlet, a type.
    CREATE TABLE tags (tag TEXT PRIMARY KEY, tag_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    -- One row for each region in which a content of an event decides: see `content_rows`. `settled`
    -- and `latest` count from `earliest`. `state` is what it asserts of its subjects.
    CREATE TABLE content_regions (
        entry INTEGER PRIMARY KEY,
        event_id BLOB NOT NULL,
        known INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        settled_day INTEGER,
        latest INTEGER,
        {_REGION_COLUMNS}
        corrected_by BLOB,
        type_tag_id INTEGER NOT NULL,
        outlet_tag_id INTEGER NOT NULL,
        certainty INTEGER NOT NULL,
        surety INTEGER NOT NULL,
        state TEXT,
        stage INTEGER,
        is_named INTEGER NOT NULL,
        codes TEXT NOT NULL
    ) STRICT;
    CREATE INDEX contents_by_valid ON content_regions (earliest, event_id);
    CREATE VIEW entries AS SELECT entry, event_id, known, earliest, earliest + settled AS settled,
        settled_day, ifnull(earliest + latest, {FOREVER}) AS latest, corrected_by, type_tag_id,
        outlet_tag_id, certainty, surety, state, stage, is_named, codes, {_REGION}
        FROM content_regions;
    -- The contents of each subject, issue, issue in a dyad, and party that is in no dyad there.
    CREATE TABLE tagged (
        tag_id INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (tag_id, earliest, event_id, entry)
    ) STRICT, WITHOUT ROWID;
    -- The contents of each dyad, with what they count there: who acts (see `Side`; NULL where it is
    -- no act of the two), the class of a report, and scores in millionths.
    CREATE TABLE dyad_contents (
        tag_id INTEGER NOT NULL,
        earliest INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry INTEGER NOT NULL,
        known INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        settled_day INTEGER,
        {_REGION_COLUMNS}
        side INTEGER,
        quad INTEGER,
        goldstein INTEGER,
        plover INTEGER,
        PRIMARY KEY (tag_id, earliest, event_id, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX vague_contents ON dyad_contents (tag_id, earliest + settled)
        WHERE settled > {VAGUE_MICROS};
    CREATE VIEW acts AS SELECT tag_id, earliest, event_id, earliest + settled AS settled,
        settled AS settled_after, settled_day, side, quad, goldstein, plover, {_REGION}
        FROM dyad_contents WHERE side IS NOT NULL;
    -- The tags under which the events of a party stand: its dyads', and its own.
    CREATE TABLE parties (
        code TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (code, tag)
    ) STRICT, WITHOUT ROWID;
    -- The subjects and issues that a claim of a dyad was ever about, and the tag by which those
    -- claims are counted.
    CREATE TABLE topics (
        dyad TEXT NOT NULL, topic TEXT NOT NULL, tag_id INTEGER NOT NULL, PRIMARY KEY (dyad, topic)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE disputes (
        event_id BLOB NOT NULL,
        position INTEGER NOT NULL,
        known INTEGER NOT NULL,
        dispute_id BLOB NOT NULL,
        PRIMARY KEY (event_id, position)
    ) STRICT, WITHOUT ROWID;
    -- The facets of each dyad, whose tags are `dyad:...` and `facet:...`. `is_listed` is 0 for the
    -- agenda, whose facets are found by their dates instead. Bit n of `partitions` is set once
    -- partition n has held a claim; `since` is the position of the first claim.
    CREATE TABLE facets (
        tag_id INTEGER NOT NULL,
        is_listed INTEGER NOT NULL,
        facet_tag_id INTEGER NOT NULL,
        facet TEXT NOT NULL,
        partitions INTEGER NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (tag_id, is_listed, facet_tag_id)
    ) STRICT, WITHOUT ROWID;
    -- What a content says of a facet, in the order in which it had settled: see `ContentTraits` for
    -- the partitions. `first` is how long before it can have begun. `is_disputed` is set once the
    -- claim has a dispute.
    CREATE TABLE facet_claims (
        tag_id INTEGER NOT NULL,
        facet_tag_id INTEGER NOT NULL,
        partition INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        entry INTEGER NOT NULL,
        first INTEGER NOT NULL,
        settled_day INTEGER,
        stage INTEGER NOT NULL,
        surety INTEGER NOT NULL,
        known INTEGER NOT NULL,
        {_REGION_COLUMNS}
        is_disputed INTEGER NOT NULL,
        subject TEXT,
        PRIMARY KEY (tag_id, facet_tag_id, partition, settled, event_id, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX claims_by_subject ON facet_claims (tag_id, facet_tag_id, subject, settled)
        WHERE subject IS NOT NULL;
    CREATE VIEW claims AS SELECT tag_id, facet_tag_id, partition, settled, settled - first AS first,
        settled_day, stage, surety, known, event_id, is_disputed, subject, {_REGION}
        FROM facet_claims;
    -- A plan is looked for between its announcement and its date: see `current_elements`.
    CREATE TABLE plans (
        tag_id INTEGER NOT NULL,
        span_bits INTEGER NOT NULL,
        until INTEGER NOT NULL,
        announced INTEGER NOT NULL,
        facet_tag_id INTEGER NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (tag_id, span_bits, until, announced, facet_tag_id, entry)
    ) STRICT, WITHOUT ROWID;
    -- The facets that may stand on the board of an issue: some content of theirs once did.
    CREATE TABLE issue_facets (
        issue TEXT NOT NULL, dyad TEXT NOT NULL, facet TEXT NOT NULL,
        PRIMARY KEY (issue, dyad, facet)
    ) STRICT, WITHOUT ROWID;
"""  # noqa: S608  our own numbers
