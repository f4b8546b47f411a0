// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** A store with everything around it that its configuration asks for. */
public final class StoreStack {
    private StoreStack() {}

    /**
     * The settings of the decorators around a store. Immutable.
     *
     * @param singleWriter the operator's word that a single host writes, see {@link WriteRefusingStore}
     * @param upBytesPerSecond limit of what is put
     * @param downBytesPerSecond limit of what is read
     */
    public record Settings(
            boolean singleWriter, OptionalLong upBytesPerSecond, OptionalLong downBytesPerSecond, RetryLimits retry) {
        /** Further tries, and nothing else. */
        public static Settings retrying(RetryLimits retry) {
            return new Settings(true, OptionalLong.empty(), OptionalLong.empty(), retry);
        }
    }

    /** Single writer, size limit, throttle, retry, from the store outwards: the only place that knows this order. */
    public static ObjectStore around(ObjectStore bare, Settings settings, ElapsedTime time, RandomGenerator random) {
        ObjectStore store = new SizeLimitedStore(WriteRefusingStore.guard(bare, settings.singleWriter()));
        if (settings.upBytesPerSecond().isPresent()
                || settings.downBytesPerSecond().isPresent()) {
            store = new ThrottledStore(
                    store,
                    settings.upBytesPerSecond().orElse(Long.MAX_VALUE),
                    settings.downBytesPerSecond().orElse(Long.MAX_VALUE),
                    time);
        }
        return new RetryingStore(store, settings.retry(), time, random);
    }
}
