// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.SealedJson;
import org.tidemark.store.ObjectKey;

/** Something that was noted about a backup after it was taken. Immutable. */
public sealed interface Mark {
    Instant at();

    /**
     * Every object of the backup was read.
     *
     * @param problems how many were found
     */
    record Verified(Instant at, long problems, Scope scope) implements Mark {}

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
    static byte[] encode(Verified mark) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("kind", "verified");
        members.put("at", mark.at().toString());
        members.put("problems", mark.problems());
        members.put("scope", mark.scope().toString());
        return JsonLine.seal(members);
    }

    /** Reads a document. */
    static Mark decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        String text = SealedJson.open(document, key);
        try {
            JsonObject json = JsonObject.parse(text);
            Instant at = json.value("at", Instant::parse);
            String kind = json.text("kind");
            return kind.equals("verified")
                    ? new Verified(at, json.number("problems"), json.value("scope", Mark::scope))
                    : new Unknown(at, kind);
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static Scope scope(String text) {
        return switch (text) {
            case "all" -> Scope.ALL;
            case "stored" -> Scope.STORED;
            default -> throw new IllegalArgumentException("not a scope: '" + text + "'");
        };
    }
}
