"""The viewer's own tables, beside the run's store: what it filters, sorts and walks by.

A store keeps whole records; it has no index on a leaf or a cost, and a run should not pay for one at
every write. So the viewer keeps these small tables in a file of its own, which can be deleted at any
time: it is made again from the store.
"""

VERSION = 5
"""A file of another version is made anew."""

TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    seq INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    round INTEGER NOT NULL,
    skill TEXT NOT NULL,
    leaf TEXT NOT NULL,
    outcome TEXT NOT NULL,
    model TEXT NOT NULL,
    purpose TEXT NOT NULL,
    against TEXT NOT NULL,
    disputed INTEGER NOT NULL,
    agreement REAL NOT NULL,
    margin REAL NOT NULL,
    complexity INTEGER NOT NULL,
    usd REAL NOT NULL,
    tokens INTEGER NOT NULL,
    calls INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS rows_by_id ON rows (id);
CREATE INDEX IF NOT EXISTS rows_by_kind ON rows (kind, seq);
CREATE INDEX IF NOT EXISTS rows_by_leaf ON rows (kind, skill, leaf, outcome, seq);
CREATE INDEX IF NOT EXISTS rows_by_outcome ON rows (kind, outcome, seq);
CREATE INDEX IF NOT EXISTS rows_by_round ON rows (kind, round, seq);
CREATE INDEX IF NOT EXISTS rows_by_usd ON rows (kind, usd, seq);
CREATE INDEX IF NOT EXISTS rows_by_agreement ON rows (kind, agreement, seq);
CREATE INDEX IF NOT EXISTS rows_of_battles ON rows (round, purpose, model, outcome)
    WHERE kind = 'battle';
CREATE VIRTUAL TABLE IF NOT EXISTS texts
    USING fts5(text, content='', detail='none', columnsize=0);
CREATE TABLE IF NOT EXISTS children (
    parent TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (parent, child)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent (
    id TEXT PRIMARY KEY, usd REAL NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (
    alias TEXT NOT NULL, role TEXT NOT NULL, calls INTEGER NOT NULL, tokens_in INTEGER NOT NULL,
    tokens_out INTEGER NOT NULL, usd REAL NOT NULL, seconds REAL NOT NULL, slowest REAL NOT NULL,
    failed INTEGER NOT NULL, PRIMARY KEY (alias, role)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS traces (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    graph TEXT NOT NULL,
    node TEXT NOT NULL,
    record TEXT NOT NULL,
    round INTEGER NOT NULL,
    at REAL NOT NULL,
    seconds REAL NOT NULL,
    outcome TEXT NOT NULL,
    events INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    failed INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS traces_by_graph ON traces (graph, id);
CREATE TABLE IF NOT EXISTS steps (
    trace INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (trace, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (
    record TEXT NOT NULL, trace INTEGER NOT NULL, PRIMARY KEY (record, trace)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS open_spans (event TEXT PRIMARY KEY, trace INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (
    round INTEGER NOT NULL, graph TEXT NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL,
    outcome TEXT NOT NULL, n INTEGER NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (round, graph, node, kind, outcome)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, seq INTEGER NOT NULL);
"""

_TEXT = """CASE kind
    WHEN 'draft' THEN body->>'$.task' WHEN 'passage' THEN body->>'$.text'
    WHEN 'seed' THEN (body->>'$.name') || ' ' || (body->>'$.text')
    WHEN 'answer' THEN body->>'$.turns[#-1].content'
    WHEN 'suggestion' THEN body->>'$.direction'
    WHEN 'reject' THEN (body->>'$.reason') || ' ' || (body->>'$.detail')
    WHEN 'battle' THEN coalesce((SELECT about.body->>'$.task' FROM store.records about
                                 WHERE about.kind IN ('draft', 'question')
                                     AND about.id = r.body->>'$.instruction_id'), '')
        || coalesce((SELECT ' ' || group_concat(g.value->>'$.reason', ' ')
                     FROM json_each(body, '$.games') g), '')
    ELSE body->>'$.reason' END"""

_AGAINST = """(SELECT '|' || group_concat(juror, '|') || '|' FROM (
    SELECT g.value->>'$.juror' AS juror, sum((g.value->>'$.score_a') - (g.value->>'$.score_b')) AS lead
    FROM json_each(body, '$.games') g GROUP BY 1)
    WHERE CASE WHEN lead > 0 THEN 'model_a' WHEN lead < 0 THEN 'model_b' ELSE 'tie' END
        != body->>'$.winner')"""
"""The jurors of a battle whose own word is not its verdict, each between bars."""

ADD_ROWS = f"""
INSERT OR REPLACE INTO rows
SELECT seq, kind, id, round, coalesce(body->>'$.skill', ''), coalesce(body->>'$.leaf', ''),
    CASE kind WHEN 'battle' THEN body->>'$.winner' WHEN 'decision' THEN body->>'$.outcome'
        WHEN 'reject' THEN (body->>'$.stage') || '/' || (body->>'$.reason')
        WHEN 'gate' THEN body->>'$.word' ELSE '' END,
    CASE kind WHEN 'battle' THEN (body->>'$.model_a') || ' vs ' || (body->>'$.model_b')
        WHEN 'answer' THEN body->>'$.contender' ELSE coalesce(body->>'$.model', '') END,
    coalesce(body->>'$.purpose', ''),
    CASE WHEN kind = 'battle' AND body->>'$.agreement' < 1 THEN coalesce({_AGAINST}, '') ELSE '' END,
    coalesce(body->>'$.disputed', 0), coalesce(body->>'$.agreement', 1),
    coalesce(body->>'$.margin', 0), coalesce(body->>'$.complexity', 0), 0, 0, 0
FROM store.records WHERE seq > :after AND seq <= :last
"""
ADD_TEXTS = f"""
INSERT INTO texts (rowid, text)
SELECT seq, apart(substr(coalesce({_TEXT}, ''), 1, 4000)) FROM store.records r
WHERE seq > :after AND seq <= :last
    AND kind IN ('draft', 'passage', 'seed', 'answer', 'suggestion', 'reject', 'battle', 'decision')
"""
ADD_CHILDREN = """
INSERT OR IGNORE INTO children
SELECT p.value, r.id FROM store.records r, json_each(r.body, '$.parents') p
WHERE r.seq > :after AND r.seq <= :last
UNION
SELECT body->>'$.subject', id FROM store.records
WHERE seq > :after AND seq <= :last AND kind = 'reject'
"""
PLACE_SUGGESTIONS = """
UPDATE rows SET skill = d.skill, leaf = d.leaf FROM (
    SELECT s.id, r.skill, r.leaf FROM store.records s JOIN rows r ON r.id = s.body->>'$.instruction_id'
    WHERE s.seq > :after AND s.seq <= :last AND s.kind = 'suggestion') d
WHERE rows.id = d.id
"""
MARK_DECIDED = """
UPDATE rows SET outcome = d.outcome FROM (
    SELECT body->>'$.instruction_id' AS id, body->>'$.outcome' AS outcome
    FROM store.records WHERE seq > :after AND seq <= :last AND kind = 'decision') d
WHERE rows.id = d.id AND rows.kind IN ('draft', 'question')
"""
MARK_REJECTED = """
UPDATE rows SET outcome = 'rejected' FROM (
    SELECT body->>'$.subject' AS id FROM store.records
    WHERE seq > :after AND seq <= :last AND kind = 'reject'
        AND body->>'$.stage' IN ('curation', 'second_look')) d
WHERE rows.id = d.id AND rows.kind = 'draft'
"""
MARK_DISPUTED = """
UPDATE rows SET agreement = min(rows.agreement, b.agreement), disputed = max(rows.disputed, b.disputed)
FROM (
    SELECT body->>'$.instruction_id' AS id, min(body->>'$.agreement') AS agreement,
        max(body->>'$.disputed') AS disputed
    FROM store.records WHERE seq > :after AND seq <= :last AND kind = 'battle' GROUP BY 1) b
WHERE rows.id = b.id AND rows.kind IN ('draft', 'question')
"""
ADD_SPENT = """
INSERT INTO spent
SELECT q.subject, sum(l.usd), sum(l.tokens_in + l.tokens_out), count(*)
FROM store.ledger l JOIN store.requests q ON q.key = substr(l.key, 1, 32)
WHERE l.seq > :after AND l.seq <= :last AND q.subject != '' GROUP BY 1
ON CONFLICT (id) DO UPDATE SET usd = usd + excluded.usd, tokens = tokens + excluded.tokens,
    calls = calls + excluded.calls
"""
ADD_ASKED = """
INSERT INTO asked
SELECT alias, role, count(*), sum(tokens_in), sum(tokens_out), sum(usd), sum(seconds), max(seconds), 0
FROM store.ledger WHERE seq > :after AND seq <= :last GROUP BY 1, 2
ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, tokens_in = tokens_in + excluded.tokens_in,
    tokens_out = tokens_out + excluded.tokens_out, usd = usd + excluded.usd,
    seconds = seconds + excluded.seconds, slowest = max(slowest, excluded.slowest)
"""
ADD_FAILED = """
INSERT INTO asked
SELECT alias, role, 0, 0, 0, 0, 0, 0, count(*) FROM store.attempts
WHERE seq > :after AND seq <= :last GROUP BY 1, 2
ON CONFLICT DO UPDATE SET failed = failed + excluded.failed
"""
BOOK_SPENT = """
UPDATE rows SET usd = s.usd, tokens = s.tokens, calls = s.calls FROM (
    SELECT * FROM spent WHERE id IN (
        SELECT q.subject FROM store.ledger l
        JOIN store.requests q ON q.key = substr(l.key, 1, 32)
        WHERE l.seq > :after AND l.seq <= :last)) s
WHERE rows.id = s.id
"""
BOOK_NEW = """
UPDATE rows SET usd = s.usd, tokens = s.tokens, calls = s.calls FROM spent s
WHERE rows.seq > :after AND rows.seq <= :last AND s.id = rows.id
"""
OF_RECORDS = (
    ADD_ROWS,
    ADD_TEXTS,
    ADD_CHILDREN,
    PLACE_SUGGESTIONS,
    MARK_DISPUTED,
    MARK_DECIDED,
    MARK_REJECTED,
    BOOK_NEW,
)
OF_LEDGER = (ADD_SPENT, ADD_ASKED, BOOK_SPENT)
OF_ATTEMPTS = (ADD_FAILED,)
