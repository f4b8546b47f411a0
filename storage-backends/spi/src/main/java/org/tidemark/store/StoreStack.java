// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * A store with everything around it that its configuration asks for.
 *
 * @param store what the rest of the program uses
 * @param metered counts what is asked of the bare store, further tries included
 */
public record StoreStack(ObjectStore store, MeteredStore metered) {
    /**
     * What is to be put around a store. Immutable.
     *
     * @param prefix of all keys, whole parts each with its slash; empty for none
     * @param singleWriter the operator's word that a single host writes, see {@link WriteRefusingStore}
     * @param upBytesPerSecond limit of what is put
     * @param downBytesPerSecond limit of what is read
     */
    public record Settings(
            String prefix,
            boolean singleWriter,
            OptionalLong upBytesPerSecond,
            OptionalLong downBytesPerSecond,
            RetryLimits retry) {
        /** Further tries, and nothing else. */
        public static Settings retrying(RetryLimits retry) {
            return new Settings("", true, OptionalLong.empty(), OptionalLong.empty(), retry);
        }
    }

    /**
     * Single writer, size limit, prefix, throttle, metrics, retry, from the store outwards: the only place that knows
     * this order.
     */
    public static StoreStack around(ObjectStore bare, Settings settings, ElapsedTime time, RandomGenerator random) {
        ObjectStore store = new SizeLimitedStore(WriteRefusingStore.guard(bare, settings.singleWriter()));
        store = settings.prefix().isEmpty() ? store : new PrefixStore(store, settings.prefix());
        if (settings.upBytesPerSecond().isPresent()
                || settings.downBytesPerSecond().isPresent()) {
            store = new ThrottledStore(
                    store,
                    settings.upBytesPerSecond().orElse(Long.MAX_VALUE),
                    settings.downBytesPerSecond().orElse(Long.MAX_VALUE),
                    time);
        }
        MeteredStore metered = new MeteredStore(store);
        return new StoreStack(new RetryingStore(metered, settings.retry(), time, random), metered);
    }
}
