// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Timeline;
import org.tidemark.store.ObjectKey;

/** Something that was noted about a backup after it was taken, or about WAL after it was stored. Immutable. */
public sealed interface Mark {
    Instant at();

    /**
     * Every object of the backup was read.
     *
     * @param problems how many were found
     */
    record Verified(Instant at, long problems, Scope scope) implements Mark {}

    /**
     * The history of a timeline was stored in this repository later than in another one.
     *
     * @param at when the other repository stored it, by that store's clock; or when a host queued it for this one
     */
    record Begun(Instant at, Timeline timeline) implements Mark {}

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

    /** The document that is stored. */
    static byte[] encode(Mark mark) {
        Map<String, Object> members = new LinkedHashMap<>();
        switch (mark) {
            case Verified verified -> {
                members.put("kind", "verified");
                members.put("at", verified.at().toString());
                members.put("problems", verified.problems());
                members.put("scope", verified.scope().toString());
            }
            case Begun begun -> {
                members.put("kind", "begun");
                members.put("at", begun.at().toString());
                members.put("timeline", begun.timeline().id());
            }
            case Unknown unknown -> throw new IllegalArgumentException("cannot set a mark '" + unknown.kind() + "'");
        }
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    static Mark decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            Instant at = json.value("at", Instant::parse);
            String kind = json.text("kind");
            return switch (kind) {
                case "verified" -> new Verified(at, json.number("problems"), json.value("scope", Mark::scope));
                case "begun" -> new Begun(at, timeline(json.number("timeline")));
                default -> new Unknown(at, kind);
            };
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static Timeline timeline(long id) {
        if (id > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("not a timeline: " + id);
        }
        return new Timeline((int) id);
    }

    private static Scope scope(String text) {
        return switch (text) {
            case "all" -> Scope.ALL;
            case "stored" -> Scope.STORED;
            default -> throw new IllegalArgumentException("not a scope: '" + text + "'");
        };
    }

    /**
     * The marks of one incarnation in one repository. Immutable.
     *
     * @param byOwner of each backup's id, and of {@value #WAL}, in the order in which they were set
     * @param unreadable marks that are damaged themselves
     */
    record BackupMarks(Map<String, List<Mark>> byOwner, List<UnreadableMark> unreadable) {
        /** In the place of a backup's id: the WAL and the histories that no backup needs by itself. */
        static final String WAL = "wal";

        public static final BackupMarks NONE = new BackupMarks(Map.of(), List.of());

        public BackupMarks {
            byOwner = Map.copyOf(byOwner);
            unreadable = List.copyOf(unreadable);
        }

        /**
         * A mark that cannot be read. Immutable.
         *
         * @param problem to follow the key
         */
        public record UnreadableMark(ObjectKey key, String problem) {}

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

        /** The same of the WAL that no backup needs by itself. */
        public Optional<Mark.Verified> walDamage() {
            return Mark.damage(byOwner.getOrDefault(WAL, List.of()));
        }

        /** When each timeline began whose history was copied to this repository: the earliest that is known. */
        public Map<Timeline, Instant> begun() {
            Map<Timeline, Instant> begun = new TreeMap<>();
            for (Mark mark : byOwner.getOrDefault(WAL, List.of())) {
                if (mark instanceof Mark.Begun each) {
                    begun.merge(each.timeline(), each.at(), (one, other) -> other.isBefore(one) ? other : one);
                }
            }
            return begun;
        }

        /** The latest verification of a backup. */
        public Optional<Mark.Verified> verified(BackupId id) {
            return of(id).stream()
                    .filter(Mark.Verified.class::isInstance)
                    .map(Mark.Verified.class::cast)
                    .reduce((first, second) -> second);
        }
    }
}
