// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Waits for work that another thread does for this backup; throws its failure as if it had happened here. */
public final class BackgroundWork {
    private BackgroundWork() {}

    /** Waits for as long as it takes. */
    public static <T> T of(Future<T> future) throws IOException {
        return of(future, Duration.ofHours(1), () -> {});
    }

    /**
     * Waits for as long as it takes, with a call now and then.
     *
     * @param waiting called after each {@code tick} of waiting
     */
    public static <T> T of(Future<T> future, Duration tick, Runnable waiting) throws IOException {
        try {
            while (true) {
                try {
                    return future.get(tick.toMillis(), TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    waiting.run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        } catch (ExecutionException e) {
            throw asHere(e);
        }
    }

    private static IOException asHere(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException failure -> failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> throw new IllegalStateException("no other exception can be thrown", e);
        };
    }

    static UserFacingException interrupted(InterruptedException cause) {
        return new UserFacingException(
                ExitCode.INTERRUPTED,
                "the backup was interrupted; there is no backup",
                "The objects that it stored are harmless leftovers. Take the backup again.",
                cause);
    }
}
