// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Under which conditions a request goes ahead. Immutable.
 *
 * @see <a href="https://cloud.google.com/storage/docs/request-preconditions">Request preconditions</a>
 */
record Preconditions(
        String prefix,
        OptionalLong generationMatch,
        OptionalLong generationNotMatch,
        OptionalLong metagenerationMatch,
        OptionalLong metagenerationNotMatch) {
    static final String[] NAMES = {
        "ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch"
    };

    /** @param prefix {@code if}, or {@code ifSource} for the object that is copied */
    static Preconditions of(Query query, String prefix) {
        return new Preconditions(
                prefix,
                query.number(prefix + "GenerationMatch"),
                query.number(prefix + "GenerationNotMatch"),
                query.number(prefix + "MetagenerationMatch"),
                query.number(prefix + "MetagenerationNotMatch"));
    }

    static Preconditions generation(OptionalLong generation) {
        return new Preconditions("if", generation, OptionalLong.empty(), OptionalLong.empty(), OptionalLong.empty());
    }

    /** An object that is not there has generation 0 and no metageneration that could match. */
    void check(Optional<StoredObject> live) {
        long generation = live.map(StoredObject::generation).orElse(0L);
        long metageneration = live.map(StoredObject::metageneration).orElse(0L);
        if (generationMatch.isPresent() && generationMatch.getAsLong() != generation) {
            throw ApiError.conditionNotMet(prefix + "GenerationMatch");
        }
        if (metagenerationMatch.isPresent() && (live.isEmpty() || metagenerationMatch.getAsLong() != metageneration)) {
            throw ApiError.conditionNotMet(prefix + "MetagenerationMatch");
        }
        if (live.isEmpty() && (generationNotMatch.isPresent() || metagenerationNotMatch.isPresent())) {
            throw ApiError.conditionNotMet(prefix + "GenerationNotMatch");
        }
        if (same(generationNotMatch, generation) || same(metagenerationNotMatch, metageneration)) {
            throw ApiError.notModified();
        }
    }

    private static boolean same(OptionalLong wanted, long actual) {
        return wanted.isPresent() && wanted.getAsLong() == actual;
    }
}
