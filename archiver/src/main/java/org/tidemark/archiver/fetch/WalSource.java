// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.time.Clock;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.catalog.wal.WalArchive;

/**
 * One repository that is asked for WAL. It is opened when it is first needed, and again after a failure.
 *
 * @param name what the operator calls it
 * @param memory whether it has answered lately
 */
public record WalSource(String name, Opening opening, Memory memory) {
    /** A repository without a memory. */
    public WalSource(String name, Opening opening) {
        this(name, opening, Memory.NONE);
    }

    /** Opens the archive of the cluster in question. */
    @FunctionalInterface
    public interface Opening {
        /**
         * The archive; the same one each time, once it could be opened.
         *
         * @throws IOException if the store did not answer, or what it answered is damaged
         * @throws org.tidemark.core.UserFacingException if there is no such repository or cluster
         */
        WalArchive open() throws IOException;

        /**
         * Works like {@link #open()}.
         *
         * @param ready told before the repository is asked for anything: until then it is this host that takes its time
         */
        default WalArchive open(Runnable ready) throws IOException {
            ready.run();
            return open();
        }
    }

    /**
     * Remembers for a while, also for the next process, that a repository did not answer: it is then asked last. This
     * only saves time: a file is never called absent before that repository has answered. Thread-safe.
     */
    public interface Memory {
        Memory NONE = new Memory() {
            @Override
            public boolean isSilent() {
                return false;
            }

            @Override
            public void silent() {}

            @Override
            public void answered() {}
        };

        /** Kept by the pause, which other processes read as well. */
        static Memory of(RetryPause pause, Clock clock) {
            return new Memory() {
                @Override
                public boolean isSilent() {
                    return pause.lasts(clock);
                }

                @Override
                public void silent() {
                    pause.failed(clock);
                }

                @Override
                public void answered() {
                    pause.answered(clock);
                }

                @Override
                public int silences() {
                    return pause.failuresOfLate(clock);
                }
            };
        }

        /** How many times in a row it has not answered, where it was asked again without a long pause. */
        default int silences() {
            return 0;
        }

        /** Whether it did not answer a short time ago. */
        boolean isSilent();

        /** It has not answered. */
        void silent();

        /** It has. */
        void answered();
    }
}
