// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The live objects of one bucket, ordered by the UTF-8 of their names. Thread-safe: conditions are looked at and the
 * change is made under one lock, so that of several writers one alone sees that there is no object.
 */
final class Bucket {
    private final String name;
    private final boolean retention;
    private final NavigableMap<String, StoredObject> objects = new TreeMap<>(Bucket::compare);
    private long lastGeneration;

    /** @param retention whether its objects can have one: "enableObjectRetention" */
    Bucket(String name, boolean retention) {
        this.name = name;
        this.retention = retention;
    }

    /** By unsigned bytes, as lists are ordered. */
    static int compare(String one, String other) {
        return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    String name() {
        return name;
    }

    /** The object as it is now, with its content held for the caller. */
    synchronized Optional<StoredObject> open(String object) {
        Optional<StoredObject> found = Optional.ofNullable(objects.get(object));
        found.ifPresent(it -> it.content().hold());
        return found;
    }

    synchronized StoredObject get(String object, OptionalLong generation) {
        return Optional.ofNullable(objects.get(object))
                .filter(it -> generation.isEmpty() || generation.getAsLong() == it.generation())
                .orElseThrow(() -> ApiError.noObject(name, object));
    }

    /**
     * Makes an object, or its next generation, if the conditions hold. A replaced one needs the right to delete and
     * must not be under retention. The content is the bucket's from then on, and stays the caller's on an error.
     */
    synchronized StoredObject put(ObjectDraft draft, Preconditions conditions, Caller caller) {
        Optional<StoredObject> live = Optional.ofNullable(objects.get(draft.name()));
        conditions.check(live);
        Instant now = Instant.now();
        live.ifPresent(old -> {
            caller.require(Right.DELETE);
            old.checkRetention(now);
        });
        if (draft.metadata().retention().isPresent()) {
            checkRetentionAllowed(caller);
        }
        // Generations grow for as long as the bucket lives, also over deletion: as a rule they are microseconds.
        lastGeneration = Math.max(lastGeneration + 1, now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000);
        StoredObject next = draft.at(name, lastGeneration, now);
        objects.put(next.name(), next);
        live.ifPresent(old -> old.content().release());
        return next;
    }

    synchronized void delete(String object, OptionalLong generation, Preconditions conditions) {
        StoredObject live = get(object, generation);
        conditions.check(Optional.of(live));
        live.checkRetention(Instant.now());
        objects.remove(object);
        live.content().release();
    }

    private void checkRetentionAllowed(Caller caller) {
        caller.require(Right.SET_RETENTION);
        if (!retention) {
            throw ApiError.invalid("object retention is not enabled for the bucket '" + name + "'");
        }
    }

    /** The first object whose name is this one or follows it. */
    synchronized Optional<StoredObject> from(String start) {
        return Optional.ofNullable(objects.ceilingEntry(start)).map(Map.Entry::getValue);
    }
}
