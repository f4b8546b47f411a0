// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;

/**
 * Something that was noted about a backup after it was taken, or about an incarnation: its WAL, the private keys of
 * what is encrypted, and its restores. Immutable.
 */
public sealed interface Mark {
    Instant at();

    /**
     * Objects of the backup, or of the WAL, were read.
     *
     * @param problems how many objects are known to be damaged or missing
     * @param readTo the key, below the incarnation, up to and with which the objects have been read, in the order of
     *     their keys; an empty text if none was; absent if every object was read
     * @param since when the reading of these objects began, if an earlier run began it
     * @param damaged keys of the damaged and missing objects, below the incarnation: at most {@value #MAX_DAMAGED}
     */
    record Verified(
            Instant at,
            long problems,
            Scope scope,
            Optional<String> readTo,
            Optional<Instant> since,
            List<String> damaged)
            implements Mark {
        public static final int MAX_DAMAGED = 100;

        public Verified {
            damaged = List.copyOf(damaged);
            if (damaged.size() > MAX_DAMAGED || damaged.size() > problems) {
                throw new IllegalArgumentException(
                        damaged.size() + " keys of damaged objects, and " + problems + " problems");
            }
        }

        /** Every object was read, by one run. */
        public Verified(Instant at, long problems, Scope scope) {
            this(at, problems, scope, Optional.empty(), Optional.empty(), List.of());
        }

        /** Whether it is damage of data to which a backup with these ancestors may refer. */
        private boolean isOfData(IncarnationKeys incarnation, BaseBackup.Lineage lineage) {
            return damaged.stream()
                    .map(rest -> ObjectName.parse(incarnation, new ObjectKey(incarnation.prefix() + rest)))
                    .anyMatch(name -> (name instanceof ObjectName.Bundle || name instanceof ObjectName.ManifestPart)
                            && name instanceof ObjectName.BackupData data
                            && data.keys().id().compareTo(lineage.oldestFrame()) >= 0
                            && data.keys().id().compareTo(lineage.parent()) <= 0);
        }

        /** Whether every object was read. */
        public boolean isWhole() {
            return readTo.isEmpty();
        }

        /** When the first of the objects was read. */
        public Instant readSince() {
            return since.orElse(at);
        }
    }

    /**
     * The operator keeps the backup in this repository, whatever its retention policy says.
     *
     * @param until the end of the keep; without it, the backup is kept until it is released
     * @param note why, in the operator's words; as the text of an annotation, but not empty
     * @param host on which this was said; empty where an earlier program stored it
     */
    record Kept(Instant at, Target target, Optional<Instant> until, Optional<String> note, Optional<String> host)
            implements Mark {
        public Kept {
            note.ifPresent(text -> {
                if (checkText(text).isBlank()) {
                    throw new IllegalArgumentException("a note must not be empty");
                }
            });
        }

        /** Which WAL is kept with the backup: Barman's words. */
        public enum Target {
            /** All WAL from the beginning of the backup on: every later moment stays reachable from it. */
            FULL,
            /** Only the WAL that the backup needs to become consistent. */
            STANDALONE;

            @Override
            public String toString() {
                return name().toLowerCase(Locale.ROOT);
            }
        }
    }

    /**
     * The operator no longer keeps the backup in this repository.
     *
     * @param host as of {@link Kept}
     */
    record Released(Instant at, Optional<String> host) implements Mark {}

    /**
     * The operator described the backup.
     *
     * @param text at most {@value #MAX_TEXT_LENGTH} characters, without control characters and line breaks; an empty
     *     text removes the description
     */
    record Annotated(Instant at, String text) implements Mark {
        public Annotated {
            checkText(text);
        }
    }

    /** Of an operator's words, in characters. */
    int MAX_TEXT_LENGTH = 1_000;

    private static String checkText(String text) {
        int length = text.codePointCount(0, text.length());
        if (length > MAX_TEXT_LENGTH) {
            throw new IllegalArgumentException(
                    "the text has " + length + " characters; at most " + MAX_TEXT_LENGTH + " are allowed");
        }
        if (text.codePoints().anyMatch(Mark::breaksALine)) {
            throw new IllegalArgumentException("the text has a control character or a line break");
        }
        return text;
    }

    /** Half of a surrogate pair counts as well: UTF-8 cannot store it. */
    private static boolean breaksALine(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            default -> false;
        };
    }

    /**
     * The history of a timeline was stored in this repository later than in another one.
     *
     * @param at when the other repository stored it, by that store's clock; or when a host queued it for this one
     */
    record Begun(Instant at, Timeline timeline) implements Mark {}

    /**
     * The server ran with wal_level = minimal: no recovery goes past this position.
     *
     * @param at when it was found
     * @param timeline whose WAL it is
     * @param position where the server began to run so
     */
    record Minimal(Instant at, Timeline timeline, Lsn position) implements Mark {}

    /**
     * WAL was read, and nothing was found in it that a restore must know before PostgreSQL replays it: no record there
     * creates a tablespace, or begins to run with wal_level = minimal.
     *
     * @param ranges at most {@value #MAX_RANGES}
     */
    record Searched(Instant at, List<Range> ranges) implements Mark {
        public static final int MAX_RANGES = 100;

        public Searched {
            ranges = List.copyOf(ranges);
            if (ranges.size() > MAX_RANGES) {
                throw new IllegalArgumentException(ranges.size() + " ranges of WAL");
            }
        }

        /**
         * Whole segments of one timeline.
         *
         * @param first both ends are included
         * @param list digest of how the repository listed them; where it lists something else now, nothing is known
         */
        public record Range(Segment first, Segment last, Sha256 list) {
            public Range {
                if (!first.timeline().equals(last.timeline()) || first.compareTo(last) > 0) {
                    throw new IllegalArgumentException("no range of one timeline: " + first + " to " + last);
                }
            }

            public boolean holds(Segment segment) {
                return segment.timeline().equals(first.timeline())
                        && first.compareTo(segment) <= 0
                        && segment.compareTo(last) <= 0;
            }
        }
    }

    /**
     * Somebody is to prove that a private key can be read, by decrypting an answer.
     *
     * @param recipient the fingerprint of the public key that the answer was encrypted to
     * @param answer the digest of the answer
     */
    record Challenged(Instant at, String recipient, Sha256 answer) implements Mark {}

    /**
     * Somebody gave the answer to a challenge.
     *
     * @param recipient the fingerprint of the public key
     */
    record Proven(Instant at, String recipient) implements Mark {}

    /**
     * A backup was restored.
     *
     * @param host on which
     * @param files how much data was written in what time; empty if a part of it was in place already
     * @param wal the same of the WAL that PostgreSQL replayed afterwards; empty if nobody followed it
     * @param end empty in a mark of an earlier program
     */
    record Restored(
            Instant at, BackupId backup, String host, Optional<Pace> files, Optional<Pace> wal, Optional<End> end)
            implements Mark {
        /**
         * What the restore was to reach.
         *
         * @param target as people read it, such as {@code 2026-11-20T06:30:00Z, on timeline 2}
         * @param isStarted whether PostgreSQL was started and followed up to there; otherwise the files were restored
         */
        public record End(String target, boolean isStarted) {
            /** Such as {@code the end of the archived WAL, on timeline 1; PostgreSQL was started}. */
            @Override
            public String toString() {
                return "to " + target + (isStarted ? "; PostgreSQL was started" : "; the files alone");
            }
        }

        /** So many bytes in a time that is not zero. */
        public record Pace(long bytes, Duration took) {
            public Pace {
                if (bytes <= 0 || took.toMillis() <= 0) {
                    throw new IllegalArgumentException("no pace: " + bytes + " bytes in " + took);
                }
            }

            /** Empty if nothing was done, or it took no time that can be told. */
            public static Optional<Pace> of(long bytes, Duration took) {
                return bytes > 0 && took.toMillis() > 0 ? Optional.of(new Pace(bytes, took)) : Optional.empty();
            }

            public double bytesPerSecond() {
                return bytes * 1e3 / took.toMillis();
            }
        }
    }

    /**
     * A kind that this program does not know.
     *
     * @param kind as it is written
     */
    record Unknown(Instant at, String kind) implements Mark {}

    /**
     * The damage that the latest verification found, and none has found repaired since.
     *
     * @param marks in the order in which they were set
     */
    static Optional<Verified> damage(List<Mark> marks) {
        Optional<Verified> damage = Optional.empty();
        for (Mark mark : marks) {
            if (mark instanceof Verified verified) {
                boolean clears = damage.isEmpty()
                        || verified.scope() == Scope.ALL
                        || damage.get().scope() == Scope.STORED;
                if (verified.problems() > 0) {
                    damage = Optional.of(verified);
                } else if (clears) {
                    damage = Optional.empty();
                }
            }
        }
        return damage;
    }

    /**
     * The keep that is in force.
     *
     * @param marks in the order in which they were set: the last keep or release holds
     * @param now a keep that ends at this moment, or ended before, is no longer in force
     */
    static Optional<Kept> keep(List<Mark> marks, Instant now) {
        return lastKeep(marks)
                .filter(Kept.class::isInstance)
                .map(Kept.class::cast)
                .filter(kept -> kept.until().isEmpty() || kept.until().get().isAfter(now));
    }

    /**
     * The last keep or release; empty if there was none.
     *
     * @param marks in the order in which they were set
     */
    static Optional<Mark> lastKeep(List<Mark> marks) {
        return marks.stream()
                .filter(mark -> mark instanceof Kept || mark instanceof Released)
                .reduce((first, last) -> last);
    }

    /**
     * The latest annotation; empty if it was removed. The latest by its time, not by its number: {@code sync} copies
     * older ones after newer ones.
     */
    static Optional<Annotated> annotation(List<Mark> marks) {
        return marks.stream()
                .filter(Annotated.class::isInstance)
                .map(Annotated.class::cast)
                .reduce((one, other) -> other.at().isBefore(one.at()) ? one : other)
                .filter(latest -> !latest.text().isEmpty());
    }

    /** What was compared. */
    enum Scope {
        /** The stored bytes, and the data that comes out of them. */
        ALL,
        /** The stored bytes. */
        STORED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The marks of one incarnation in one repository. Immutable.
     *
     * @param byOwner of each backup's id, and of {@value #WAL}, in the order in which they were set
     * @param unreadable marks that are damaged themselves
     * @param foreign what is in their folder and is no mark of any program's, by its name
     */
    record BackupMarks(Map<String, List<Mark>> byOwner, List<UnreadableMark> unreadable, List<ObjectKey> foreign) {
        /** In the place of a backup's id: the WAL and the histories that no backup needs by itself. */
        static final String WAL = "wal";

        public static final BackupMarks NONE = new BackupMarks(Map.of(), List.of());

        public BackupMarks {
            byOwner = Map.copyOf(byOwner);
            unreadable = List.copyOf(unreadable);
            foreign = List.copyOf(foreign);
        }

        /** With nothing foreign. */
        public BackupMarks(Map<String, List<Mark>> byOwner, List<UnreadableMark> unreadable) {
            this(byOwner, unreadable, List.of());
        }

        /**
         * A mark that cannot be read. Immutable.
         *
         * @param problem to follow the key
         * @param isSettled whether a keep or a release was set later: then it does not matter whether this was one
         */
        public record UnreadableMark(ObjectKey key, String problem, boolean isSettled) {
            UnreadableMark settled() {
                return new UnreadableMark(key, problem, true);
            }
        }

        /** Marks of WAL alone. */
        public static BackupMarks ofWal(List<? extends Mark> marks) {
            return new BackupMarks(Map.of(WAL, List.copyOf(marks)), List.of());
        }

        /** The problems of marks that are damaged themselves. */
        public List<String> damaged() {
            return unreadable.stream()
                    .map(each -> "'" + each.key() + "' " + each.problem())
                    .toList();
        }

        /** The marks of one backup that cannot be read. */
        public List<UnreadableMark> unreadable(BackupKeys backup) {
            return unreadable.stream()
                    .filter(each -> each.key().value().startsWith(backup.marks()))
                    .toList();
        }

        /** The marks of a backup in the order in which they were set. */
        public List<Mark> of(BackupId id) {
            return byOwner.getOrDefault(id.value(), List.of());
        }

        /** Damage of a backup that was found, and not found repaired since. */
        public Optional<Mark.Verified> damage(BackupId id) {
            return Mark.damage(of(id));
        }

        /**
         * The same; and of an incremental backup that nobody has verified here as a whole, damage of what it may refer
         * to. It was taken, or copied, since that was found, and refers to some backups from {@code oldestFrame} to its
         * parent; to which of their objects, only its list of bundles says.
         */
        public Optional<Mark.Verified> damage(BaseBackup backup) {
            return damage(backup.id())
                    .or(() -> backup.objects()
                            .lineage()
                            .flatMap(lineage -> byOwner.values().stream()
                                    .flatMap(marks -> Mark.damage(marks).stream())
                                    .filter(found ->
                                            found.isOfData(backup.keys().incarnation(), lineage)
                                                    && !isClear(backup.id(), found.scope()))
                                    .max(Comparator.comparing(Mark.Verified::at))));
        }

        /** Whether a verification read all of it, in a way that finds such damage. */
        private boolean isClear(BackupId id, Scope scope) {
            return of(id).stream()
                    .anyMatch(mark -> mark instanceof Mark.Verified verified
                            && verified.isWhole()
                            && (verified.scope() == Scope.ALL || scope == Scope.STORED));
        }

        /** The same of the WAL that no backup needs by itself. */
        public Optional<Mark.Verified> walDamage() {
            return Mark.damage(ofWal());
        }

        /** The keys of everything that is known to be damaged, below the incarnation, with when it was found. */
        public Map<String, Instant> damagedKeys() {
            Map<String, Instant> keys = new TreeMap<>();
            byOwner.values().stream()
                    .flatMap(marks -> Mark.damage(marks).stream())
                    .forEach(found -> found.damaged().forEach(key -> keys.put(key, found.at())));
            return keys;
        }

        /**
         * The keep of a backup that is in force. A mark that cannot be read may be another one:
         * {@link #unreadable(BackupKeys)}.
         */
        public Optional<Mark.Kept> keep(BackupId id, Instant now) {
            return Mark.keep(of(id), now);
        }

        /** The operator's description of a backup. */
        public Optional<Mark.Annotated> annotation(BackupId id) {
            return Mark.annotation(of(id));
        }

        /** When each timeline began whose history was copied to this repository: the earliest that is known. */
        public Map<Timeline, Instant> begun() {
            Map<Timeline, Instant> begun = new TreeMap<>();
            for (Mark.Begun each : ofWal(Mark.Begun.class)) {
                begun.merge(each.timeline(), each.at(), (one, other) -> other.isBefore(one) ? other : one);
            }
            return begun;
        }

        /**
         * When each timeline began, of all that have a history here.
         *
         * @param stored when each history was stored here, which for a copied one is later
         */
        public SortedMap<Timeline, Instant> begun(Map<Timeline, Instant> stored) {
            SortedMap<Timeline, Instant> begun = new TreeMap<>(stored);
            begun().forEach((timeline, at) ->
                    begun.merge(timeline, at, (one, other) -> other.isBefore(one) ? other : one));
            return begun;
        }

        /** Where the server began to run with wal_level = minimal, as far as verify has found it. */
        public List<Mark.Minimal> minimal() {
            return ofWal(Mark.Minimal.class);
        }

        /** The WAL in which verify found nothing that a restore must know before. */
        public List<Mark.Searched.Range> searched() {
            return ofWal(Mark.Searched.class).stream()
                    .flatMap(each -> each.ranges().stream())
                    .toList();
        }

        /** When each private key was last proven to exist, by the fingerprint of its public key. */
        public Map<String, Instant> proven() {
            Map<String, Instant> proven = new TreeMap<>();
            for (Mark.Proven each : ofWal(Mark.Proven.class)) {
                proven.merge(each.recipient(), each.at(), (one, other) -> one.isBefore(other) ? other : one);
            }
            return proven;
        }

        /** The restores that were noted, in the order in which they were. */
        public List<Mark.Restored> restored() {
            return ofWal(Mark.Restored.class);
        }

        /** The challenges to owners of private keys, in the order in which they were set. */
        public List<Mark.Challenged> challenged() {
            return ofWal(Mark.Challenged.class);
        }

        private <M extends Mark> List<M> ofWal(Class<M> kind) {
            return ofWal().stream().filter(kind::isInstance).map(kind::cast).toList();
        }

        /** The marks of the WAL and the histories, in the order in which they were set. */
        public List<Mark> ofWal() {
            return byOwner.getOrDefault(WAL, List.of());
        }

        /** The latest verification that read all of a backup. */
        public Optional<Mark.Verified> verified(BackupId id) {
            return of(id).stream()
                    .filter(Mark.Verified.class::isInstance)
                    .map(Mark.Verified.class::cast)
                    .filter(Mark.Verified::isWhole)
                    .reduce((first, second) -> second);
        }
    }
}
