-- Proof of the log: nodes of a Merkle tree (RFC 6962) over its leaf hashes, and signed heads of that tree.
--
-- The service may add to both and never at will: grow_tree computes every node from the log itself, so nobody can
-- put a false one there; seal takes a head only for the end of a block that has the hash the head was signed for,
-- and a head is worth nothing without the key, which no database has.

-- Roots of complete subtrees of 256, 65,536, 16,777,216 … leaves: level 8, 16, 24 … With them any proof costs a few
-- index ranges of at most 256 hashes, however long the log is.
create table ledger.tree (
  level smallint not null,
  index bigint   not null, -- from 0: the leaves index * 2^level … (index + 1) * 2^level - 1
  hash  bytea    not null,
  constraint tree_node primary key (level, index),
  constraint tree_hash check (octet_length(hash) = 32)
) with (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_freeze_min_age = 0);

-- Signed heads: the log's first `size` events had this root and ended with this block. docs/audit.md has the bytes
-- that the signature covers.
create table ledger.heads (
  size       bigint      not null,
  root       bytea       not null,
  block_hash bytea       not null,
  signed_at  timestamptz not null,
  key_id     text        not null,
  signature  bytea       not null,
  constraint heads_size primary key (size),
  constraint heads_lengths
    check (octet_length(root) = 32 and octet_length(block_hash) = 32 and octet_length(signature) = 64)
);

create trigger tree_is_for_ever before update or delete or truncate on ledger.tree
  for each statement execute function ledger.refuse_change();
create trigger heads_are_for_ever before update or delete or truncate on ledger.heads
  for each statement execute function ledger.refuse_change();

-- The root over 256 hashes, given one after the other.
create function ledger.tile_root(hashes bytea) returns bytea
language plpgsql immutable set search_path = ledger, pg_temp as $$
begin
  if hashes is null or length(hashes) <> 8192 then
    raise exception 'a subtree of the log is incomplete' using errcode = 'data_corrupted';
  end if;
  while length(hashes) > 32 loop
    select string_agg(sha256('\x01'::bytea || substr(hashes, 64 * i + 1, 64)), ''::bytea order by i)
      into hashes
      from generate_series(0, length(hashes) / 64 - 1) i;
  end loop;
  return hashes;
end $$;

-- Adds the nodes that are still missing of a tree over the log's first p_size events, at most 256 of level 8 at a
-- time. Returns how many of those it added; 0 says that the tree is complete.
create function ledger.grow_tree(p_size bigint) returns bigint
language plpgsql volatile security definer set search_path = ledger, pg_temp as $$
declare
  next bigint;
  beyond bigint;
  made bigint;
begin
  perform pg_advisory_xact_lock(7301, 5);
  select coalesce(max(t.index) + 1, 0) into next from tree t where t.level = 8;
  beyond := least(p_size / 256, next + 256);
  made := greatest(beyond - next, 0);
  insert into tree
  select 8, i, tile_root((select string_agg(e.leaf_hash, ''::bytea order by e.position)
                            from events e where e.position > i * 256 and e.position <= (i + 1) * 256))
    from generate_series(next, beyond - 1) i;
  for upper in 16..56 by 8 loop
    select coalesce(max(t.index) + 1, 0) into beyond from tree t where t.level = upper - 8;
    select coalesce(max(t.index) + 1, 0) into next from tree t where t.level = upper;
    exit when beyond / 256 <= next;
    insert into tree
    select upper, i, tile_root((select string_agg(t.hash, ''::bytea order by t.index)
                                  from tree t where t.level = upper - 8 and t.index between i * 256 and i * 256 + 255))
      from generate_series(next, beyond / 256 - 1) i;
  end loop;
  return made;
end $$;

-- Keeps a signed head. Of several for one size the first stays.
create function ledger.seal(
  p_size bigint, p_root bytea, p_block_hash bytea, p_signed_at timestamptz, p_key_id text, p_signature bytea)
returns void language plpgsql volatile security definer set search_path = ledger, pg_temp as $$
begin
  if not exists (select from blocks b where b.last_position = p_size and b.block_hash = p_block_hash) then
    raise exception 'no block of the log ends at % with this hash', p_size using errcode = 'data_corrupted';
  end if;
  insert into heads values (p_size, p_root, p_block_hash, p_signed_at, p_key_id, p_signature) on conflict do nothing;
end $$;

revoke execute on function ledger.tile_root, ledger.grow_tree, ledger.seal from public;
grant select on ledger.tree, ledger.heads to ledgerdesk_app;
grant execute on function ledger.grow_tree, ledger.seal to ledgerdesk_app;
