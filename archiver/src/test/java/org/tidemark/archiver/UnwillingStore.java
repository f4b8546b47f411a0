// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.GatedStore;

/**
 * A store that is down, slow, or hangs as a dead network file system does: not even an interrupt ends the call.
 * Thread-safe.
 */
public final class UnwillingStore extends GatedStore {
    private final AtomicInteger calls = new AtomicInteger();
    private volatile Mood mood = new Mood.Well();

    public sealed interface Mood {
        record Well() implements Mood {}

        record Down() implements Mood {}

        record Slow(Duration pause) implements Mood {}

        record Hanging(CountDownLatch until) implements Mood {}
    }

    public UnwillingStore(ObjectStore delegate) {
        super(delegate);
    }

    public void is(Mood now) {
        mood = now;
    }

    public int calls() {
        return calls.get();
    }

    @Override
    protected void pass() throws StorageException {
        calls.incrementAndGet();
        switch (mood) {
            case Mood.Well well -> {}
            case Mood.Down down -> throw new StorageUnavailable("it is down", null);
            case Mood.Slow slow -> {
                try {
                    Thread.sleep(slow.pause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StorageUnavailable("interrupted", e);
                }
            }
            case Mood.Hanging hanging -> hang(hanging.until());
        }
    }

    private static void hang(CountDownLatch until) throws StorageException {
        boolean interrupted = false;
        while (true) {
            try {
                until.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
