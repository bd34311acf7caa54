-- What people decided last about an order, whether or not the inbox knows it (any more).
create table decision (
    key     text    primary key,
    decided text    not null,   -- ignored, completed, none
    reason  text    not null,
    person  text    not null,
    at      integer not null,   -- by Odoo's clock once told, by ours before
    told    integer not null    -- 1: Odoo knows it
) strict, without rowid;

create index decision_untold on decision (key) where told = 0;

-- What was decided before; its reason reads "Closed by PERSON: WHY".
insert into decision (key, decided, reason, person, at, told)
select key, 'ignored', substr(text, instr(text, ': ') + 2), substr(text, 11, instr(text, ': ') - 11),
       changed_at, 0
from (
    select i.key, json_extract(o.reason, '$.message') as text, o.changed_at
    from outcome o join inbox i on i.seq = o.seq where o.state = 'ignored'
);

insert into decision (key, decided, reason, person, at, told)
select i.key, 'completed', '', json_extract(o.completion, '$.by'), o.changed_at, 0
from outcome o join inbox i on i.seq = o.seq
where o.completion is not null and o.state <> 'ignored';
