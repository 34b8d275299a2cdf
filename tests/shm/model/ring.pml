// SPDX-License-Identifier: GPL-3.0-or-later
/* A lane's ring (shm/stamped.h, Producer::publish, LaneReader::next), checked over every interleaving and every value
 * that C++ lets a load return.
 *
 * Memory. A location keeps all values that were ever stored there, in order. A load may return any of them that is not
 * older than
 *   - the one that this thread has seen there before (coherence), and
 *   - the last one stored before anything that this thread has synchronised with (happens-before).
 * An acquire load that returns a release store synchronises with all that its thread did up to that store. There is one
 * writer, so "all up to that store" is a point on the writer's clock, and a reader's knowledge is the latest such point.
 * A lane that changes hands still has one writer in this sense: PlaceMap's release and acquire join the two.
 *
 * A writer that dies is one that is not scheduled any more; a stalled reader is one that is not scheduled for a while:
 * both are among the interleavings.
 *
 * Properties, as assertions:
 *   whole   what is delivered as record s is what was written as record s, all of it
 *   once    records are delivered in order, none twice
 *   exact   a record counts as lost only if its slot was, or was about to be, overwritten; and delivered + lost is the
 *           number of records published
 *
 * Without a flag all hold. Each flag takes one part of the protocol away, and an assertion must fail (see ./check):
 *   NO_MARK, LATE_MARK, NO_SECOND_LOOK, NO_COMPARISON, RELAXED_WORD_STORES, RELAXED_WORD_LOADS, RELAXED_HEAD_STORE,
 *   RELAXED_HEAD_LOAD, EARLY_HEAD, LOSS_OFF_BY_ONE; for the in-flight table's lines, which have no head: LINE with
 *   RELAXED_COMMIT, RELAXED_FIRST_LOOK, and those of the slot above.
 * REACH_... flags assert that something never happens which must be possible, so that no property holds for want of it.
 */

#define CAPACITY 2
#ifndef RECORDS
#define RECORDS 6
#endif

/* Locations. Two words stand for seven. */
#define HEAD      0
#define STAMP(s)  (1 + 3 * ((s) % CAPACITY))
#define WORD_A(s) (2 + 3 * ((s) % CAPACITY))
#define WORD_B(s) (3 + 3 * ((s) % CAPACITY))
#define LOCATIONS (1 + 3 * CAPACITY)

/* Values: a stamp is 2s + 1 or 2s + 2, a word of record s is s + 1, and 0 is what was there before. */
#define TORN(s)    (2 * (s) + 1)
#define WHOLE(s)   (2 * (s) + 2)
#define CONTENT(s) ((s) + 1)

#define RELAXED 0
#define SYNC    1 /* release for a store, acquire for a load */

#define STORES 8 /* to one location, at most */
typedef History {
  byte count;
  byte value[STORES];
  byte time[STORES];   /* on the writer's clock */
  bit release[STORES];
}
History memory[LOCATIONS];
byte clock;
byte published; /* what the head would be for an observer of everything */

inline store(location, new_value, order) {
  atomic {
    clock++;
    memory[location].value[memory[location].count] = new_value;
    memory[location].time[memory[location].count] = clock;
    memory[location].release[memory[location].count] = order;
    memory[location].count++;
  }
}

#ifdef RELAXED_WORD_STORES
#define WORD_STORE RELAXED
#else
#define WORD_STORE SYNC
#endif
#ifdef RELAXED_WORD_LOADS
#define WORD_LOAD RELAXED
#else
#define WORD_LOAD SYNC
#endif
#ifdef RELAXED_COMMIT
#define COMMIT RELAXED
#else
#define COMMIT SYNC
#endif
#ifdef RELAXED_FIRST_LOOK
#define FIRST_LOOK RELAXED
#else
#define FIRST_LOOK SYNC
#endif
#ifdef RELAXED_HEAD_STORE
#define HEAD_STORE RELAXED
#else
#define HEAD_STORE SYNC
#endif
#ifdef RELAXED_HEAD_LOAD
#define HEAD_LOAD RELAXED
#else
#define HEAD_LOAD SYNC
#endif

inline publish_head(s) {
  atomic {
    published = s + 1;
    store(HEAD, s + 1, HEAD_STORE);
  }
}

/* write_stamped() and Producer::publish() */
proctype Writer() {
  byte s = 0;
  do
  :: s < RECORDS ->
#ifdef EARLY_HEAD
    publish_head(s);
#endif
#if !defined(NO_MARK) && !defined(LATE_MARK)
    store(STAMP(s), TORN(s), RELAXED);
#endif
    store(WORD_A(s), CONTENT(s), WORD_STORE);
#ifdef LATE_MARK
    store(STAMP(s), TORN(s), RELAXED);
#endif
    store(WORD_B(s), CONTENT(s), WORD_STORE);
    store(STAMP(s), WHOLE(s), COMMIT);
#ifndef EARLY_HEAD
    publish_head(s);
#endif
    s++
  :: else -> break
  od
}

/* The reader's knowledge. */
byte synchronised;      /* with the writer's clock up to here */
byte seen[LOCATIONS];   /* index of the value last read there */
byte pick;

inline load(location, order, result) {
  atomic {
    pick = seen[location];
    do
    :: pick + 1 < memory[location].count && memory[location].time[pick + 1] <= synchronised -> pick++
    :: else -> break
    od;
    /* Any of these and later. */
    do
    :: pick + 1 < memory[location].count -> pick++
    :: break
    od;
    seen[location] = pick;
    result = memory[location].value[pick];
    if
    :: order == SYNC && memory[location].release[pick] && memory[location].time[pick] > synchronised ->
      synchronised = memory[location].time[pick]
    :: else
    fi;
    pick = 0
  }
}

/* read_stamped(): words a and b, and whether both looks at the stamp agreed */
inline read_slot(s) {
  load(STAMP(s), FIRST_LOOK, stamp);
  load(WORD_A(s), WORD_LOAD, a);
  load(WORD_B(s), WORD_LOAD, b);
#ifdef NO_SECOND_LOOK
  again = stamp;
#else
  load(STAMP(s), RELAXED, again);
#endif
}

#ifdef NO_COMPARISON
#define ACCEPTED (stamp == again)
#else
#define ACCEPTED (stamp == again && stamp == WHOLE(sequence))
#endif

#ifndef LINE

/* LaneReader::next(), until all records are accounted for */
proctype Reader() {
  byte sequence, known_head, stamp, again, a, b;
  byte delivered, lost, last, target;
  do
  :: sequence == RECORDS -> break
  :: sequence < RECORDS ->
    if
    :: sequence == known_head ->
      load(HEAD, HEAD_LOAD, known_head);
      if
      :: known_head == sequence -> goto next
      :: known_head - sequence > CAPACITY -> goto lapped
      :: else
      fi
    :: else
    fi;
    read_slot(sequence);
    if
    :: ACCEPTED ->
      atomic {
        assert(a == CONTENT(sequence) && b == CONTENT(sequence)); /* whole */
        assert(a > last);                                         /* once */
        last = a;
        sequence++;
        delivered++;
        stamp = 0; again = 0; a = 0; b = 0;
#ifdef REACH_DELIVERED_AFTER_LOSS
        assert(lost == 0);
#endif
      };
      goto next
    :: else ->
      stamp = 0; again = 0; a = 0; b = 0;
#ifdef REACH_TORN
      assert(false);
#endif
      load(HEAD, HEAD_LOAD, known_head)
    fi;
lapped:
    atomic {
      target = (known_head >= CAPACITY -> known_head - CAPACITY + 1 : 0);
      target = (target > sequence -> target : sequence + 1);
#ifdef LOSS_OFF_BY_ONE
      lost = lost + target - sequence - 1;
#else
      lost = lost + target - sequence;
#endif
      assert(published >= target - 1 + CAPACITY); /* exact: the last one skipped is gone, or next to go */
      sequence = target;
      target = 0;
      known_head = (known_head < sequence -> sequence : known_head)
    };
next:
    skip
  od;
  assert(delivered + lost == RECORDS); /* exact */
#ifdef REACH_ALL_DELIVERED
  assert(lost > 0);
#endif
}

#else

/* Reader::inflight(): a line without a head, at any moment */
proctype Reader() {
  byte stamp, again, a, b;
  byte looks;
  do
  :: looks < 2 ->
    looks++;
    read_slot(0);
    if
    :: stamp == again && stamp != 0 && stamp % 2 == 0 ->
      assert(WHOLE(a - 1) == stamp && a == b) /* whole */
#ifdef REACH_LINE
      assert(false);
#endif
    :: else
    fi
  :: else -> break
  od
}

#endif

init {
  byte location;
  atomic {
    do
    :: location < LOCATIONS ->
      memory[location].count = 1; /* 0, known to all */
      location++
    :: else -> break
    od;
    location = 0;
    run Writer();
    run Reader()
  }
}
