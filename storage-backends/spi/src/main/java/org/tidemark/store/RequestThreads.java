// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Starts the threads of requests. A virtual one, because only there does an interrupt end a socket that neither takes
 * nor gives bytes; but never more of these than carriers. A virtual thread that initialises a class, or waits until
 * another thread has done so, keeps its carrier. If all carriers are kept, the thread that the others wait for never
 * gets one, and the process stands still. The JVM has as many carriers as processors, unless told otherwise before the
 * first virtual thread, as here. Thread-safe.
 *
 * @see Thread the properties of the scheduler of virtual threads
 */
public final class RequestThreads {
    /** More requests at once run on threads of the system. A carrier is started only when it is needed. */
    private static final int CARRIERS = 256;

    private static final AtomicInteger VIRTUAL = new AtomicInteger();

    static {
        System.setProperty("jdk.virtualThreadScheduler.parallelism", Integer.toString(CARRIERS));
        System.setProperty("jdk.virtualThreadScheduler.maxPoolSize", Integer.toString(CARRIERS));
    }

    private RequestThreads() {}

    /** A thread that an interrupt ends wherever it waits, unless {@link #CARRIERS} of these are running. */
    public static Thread start(String name, Runnable work) {
        if (VIRTUAL.incrementAndGet() > CARRIERS) {
            VIRTUAL.decrementAndGet();
            return startOfSystem(name, work);
        }
        return Thread.ofVirtual().name(name).start(() -> {
            try {
                work.run();
            } finally {
                VIRTUAL.decrementAndGet();
            }
        });
    }

    /** A daemon that needs no carrier. */
    public static Thread startOfSystem(String name, Runnable work) {
        return Thread.ofPlatform().daemon().name(name).start(work);
    }
}
