// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
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
