-- That a late order is booked was a note; it is a decision, and kept in Odoo as those are.
insert into decision (key, decided, reason, person, at, told)
select substr(name, length('order.released.') + 1), 'released', '', 'somebody',
       (extract(epoch from now()) * 1000)::bigint, 0
from note where name like 'order.released.%'
on conflict (key) do update set decided = excluded.decided, told = 0 where decision.decided = 'completed';

delete from note where name like 'order.released.%';
