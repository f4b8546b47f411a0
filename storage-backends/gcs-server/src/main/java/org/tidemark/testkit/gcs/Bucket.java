// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The objects of one bucket, ordered by the UTF-8 of their names. Thread-safe: conditions are looked at and the change
 * is made under one lock, so that of several writers one alone sees that there is no object.
 */
final class Bucket {
    private final String name;
    private final boolean retention;
    private final boolean versions;
    /** Replaced and deleted objects, if the bucket keeps them. */
    private final List<StoredObject> noncurrent = new ArrayList<>();

    private final NavigableMap<String, StoredObject> objects = new TreeMap<>(Bucket::compare);
    private long lastGeneration;

    /**
     * A bucket without objects.
     *
     * @param retention whether its objects can be locked: "enableObjectRetention"
     * @param versions whether it keeps what is replaced or deleted
     */
    Bucket(String name, boolean retention, boolean versions) {
        this.name = name;
        this.retention = retention;
        this.versions = versions;
    }

    /** Compares unsigned bytes, as lists are ordered. */
    static int compare(String one, String other) {
        return Arrays.compareUnsigned(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    String name() {
        return name;
    }

    boolean keepsVersions() {
        return versions;
    }

    /** The object of a call, which may name its generation or set a condition for it. */
    synchronized StoredObject get(String object, Call call) {
        Optional<StoredObject> earlier = earlier(object, call);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        StoredObject found = objects.get(object);
        if (found == null || call.number("generation").orElse(found.generation()) != found.generation()) {
            throw new Refusal(404, "notFound", "No such object: " + name + "/" + object);
        }
        if (call.number("ifGenerationMatch").orElse(found.generation()) != found.generation()) {
            throw conditionNotMet();
        }
        return found;
    }

    /** Makes an object, in place of another one only if the call lacks ifGenerationMatch=0. */
    synchronized StoredObject put(StoredObject requested, Role role, boolean ifAbsent) {
        StoredObject present = objects.get(requested.name());
        if (present != null) {
            if (ifAbsent) {
                throw conditionNotMet();
            }
            role.require("storage.objects.delete");
            retire(present, false);
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
        Optional<StoredObject> earlier = earlier(object, call);
        if (earlier.isPresent()) {
            requireUnlocked(earlier.get());
            noncurrent.remove(earlier.get());
            earlier.get().content().delete();
            return;
        }
        retire(get(object, call), call.number("generation").isPresent());
        objects.remove(object);
    }

    /** The noncurrent generation that a call names. */
    private Optional<StoredObject> earlier(String object, Call call) {
        return noncurrent.stream()
                .filter(each -> each.name().equals(object))
                .filter(each -> call.number("generation").equals(OptionalLong.of(each.generation())))
                .findFirst();
    }

    /** @param forGood whether the call names the generation: then a bucket with versions keeps nothing either */
    private void retire(StoredObject object, boolean forGood) {
        if (versions && !forGood) {
            noncurrent.add(object.deletedAt(Instant.now()));
            return;
        }
        requireUnlocked(object);
        object.content().delete();
    }

    private static void requireUnlocked(StoredObject found) {
        if (found.lockedUntil().filter(Instant.now()::isBefore).isPresent()) {
            throw new Refusal(
                    403, "retentionPolicyNotMet", "Object '" + found.name() + "' is subject to object retention");
        }
    }

    /** All generations of the first object whose name is this one or follows it, the oldest first. */
    synchronized List<StoredObject> generationsFrom(String start) {
        List<StoredObject> all =
                Stream.concat(noncurrent.stream(), objects.values().stream()).toList();
        Optional<String> name = all.stream()
                .map(StoredObject::name)
                .filter(each -> compare(each, start) >= 0)
                .min(Bucket::compare);
        return all.stream()
                .filter(each -> name.equals(Optional.of(each.name())))
                .toList();
    }

    private static Refusal conditionNotMet() {
        return new Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
    }

    /** The first object whose name is this one or follows it. */
    synchronized Optional<StoredObject> from(String start) {
        return Optional.ofNullable(objects.ceilingEntry(start)).map(Map.Entry::getValue);
    }
}
