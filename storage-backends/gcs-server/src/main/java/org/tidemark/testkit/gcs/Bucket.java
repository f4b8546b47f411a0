// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The objects of one bucket, ordered by the UTF-8 of their names. Thread-safe: conditions are looked at and the change
 * is made under one lock, so that of several writers one alone sees that there is no object.
 */
final class Bucket {
    private final String name;
    private final boolean retention;
    private final NavigableMap<String, StoredObject> objects = new TreeMap<>(Bucket::compare);
    private long lastGeneration;

    /** @param retention whether its objects can be locked: "enableObjectRetention" */
    Bucket(String name, boolean retention) {
        this.name = name;
        this.retention = retention;
    }

    /** Compares unsigned bytes, as lists are ordered. */
    static int compare(String one, String other) {
        return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    String name() {
        return name;
    }

    /** The object of a call, which may name its generation or set a condition for it. */
    synchronized StoredObject get(String object, Call call) {
        StoredObject found = objects.get(object);
        if (found == null || call.number("generation").orElse(found.generation()) != found.generation()) {
            throw new Refusal(404, "notFound", "No such object: " + name + "/" + object);
        }
        if (call.number("ifGenerationMatch").orElse(found.generation()) != found.generation()) {
            throw conditionNotMet();
        }
        return found;
    }

    /** Makes an object if there is none: the call has ifGenerationMatch=0, so nothing is ever replaced. */
    synchronized StoredObject put(StoredObject requested, Role role) {
        if (objects.containsKey(requested.name())) {
            throw conditionNotMet();
        }
        if (requested.lockedUntil().isPresent()) {
            role.require("storage.objects.setRetention");
            if (!retention) {
                throw Refusal.invalid("object retention is not enabled for the bucket '" + name + "'");
            }
        }
        Instant now = Instant.now();
        // Generations grow for as long as the bucket exists, even after a deletion; usually they are microseconds.
        lastGeneration = Math.max(lastGeneration + 1, now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000);
        StoredObject made = requested.at(lastGeneration, now);
        objects.put(made.name(), made);
        return made;
    }

    synchronized void delete(String object, Call call) {
        StoredObject found = get(object, call);
        if (found.lockedUntil().filter(Instant.now()::isBefore).isPresent()) {
            throw new Refusal(403, "retentionPolicyNotMet", "Object '" + object + "' is subject to object retention");
        }
        objects.remove(object);
        found.content().delete();
    }

    private static Refusal conditionNotMet() {
        return new Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
    }

    /** The first object whose name is this one or follows it. */
    synchronized Optional<StoredObject> from(String start) {
        return Optional.ofNullable(objects.ceilingEntry(start)).map(Map.Entry::getValue);
    }
}
