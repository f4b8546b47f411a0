// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * Values that were asked for last, as many as a limit allows. A value is made by the first thread that asks for it; the
 * others that ask meanwhile wait for that, and get the same failure if it fails: who asks later tries again.
 * Thread-safe.
 */
public final class LastUsed<K, V> {
    private final long most;
    private final ToLongFunction<V> weight;
    private final Map<K, Slot<V>> slots = new LinkedHashMap<>(16, 0.75f, true);
    /** Of all values in {@link #slots}. */
    private long total;

    /** Makes a value; may take long. */
    @FunctionalInterface
    public interface Making<V, E extends Exception> {
        V make() throws E;
    }

    /** The lock of a slot is held while its value is made; that of the map never while something is waited for. */
    private static final class Slot<V> {
        private Optional<V> value = Optional.empty();

        private Optional<Exception> failure = Optional.empty();
        /** 0 until there is a value; guarded by the map. */
        private long weight;
    }

    /**
     * With nothing in it.
     *
     * @param most of the weights together; a single value may be heavier
     * @param weight of a value, 1 or more
     */
    public LastUsed(long most, ToLongFunction<V> weight) {
        this.most = most;
        this.weight = weight;
    }

    /** The value of a key, made if it is not known any more. */
    public <E extends Exception> V get(K key, Making<V, E> making) throws E {
        Slot<V> slot;
        synchronized (slots) {
            slot = slots.computeIfAbsent(key, _ -> new Slot<>());
        }
        synchronized (slot) {
            if (slot.failure.isPresent()) {
                // Makings of one key fail in one way.
                @SuppressWarnings("unchecked")
                E failure = (E) slot.failure.get();
                throw failure;
            }
            if (slot.value.isEmpty()) {
                slot.value = Optional.of(make(key, slot, making));
            }
            return slot.value.get();
        }
    }

    private <E extends Exception> V make(K key, Slot<V> slot, Making<V, E> making) throws E {
        try {
            V value = making.make();
            keep(key, slot, weight.applyAsLong(value));
            return value;
        } catch (Exception e) {
            slot.failure = Optional.of(e);
            synchronized (slots) {
                slots.remove(key, slot);
            }
            throw e;
        }
    }

    /** Lets those go that were not asked for longest; a value whose slot has gone meanwhile is not kept. */
    private void keep(K key, Slot<V> slot, long itsWeight) {
        synchronized (slots) {
            if (slots.get(key) != slot) {
                return;
            }
            slot.weight = itsWeight;
            total += itsWeight;
            Iterator<Slot<V>> eldest = slots.values().iterator();
            while (total > most && eldest.hasNext()) {
                Slot<V> next = eldest.next();
                if (next != slot && next.weight > 0) {
                    total -= next.weight;
                    eldest.remove();
                }
            }
        }
    }
}
