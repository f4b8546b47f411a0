// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.target.Receiver;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;

/**
 * Waits in the background until a closed segment is archived. Meanwhile PostgreSQL's files are read, but none of their
 * data is stored before {@link #await} returns. In each group of repositories, at least one must get the segment: the
 * others can copy it from there. A repository that was asked and did not get it has failed. Used by one thread.
 */
public final class ArchivingTest implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("archiving-test").factory());
    private final Future<Boolean> end;

    /** Waits for a segment in one repository. */
    @FunctionalInterface
    public interface Arrival {
        /**
         * Returns when the segment is there.
         *
         * @throws UserFacingException if it does not arrive
         */
        void require(WalFile.Segment closed, Receiver receiver) throws IOException;
    }

    /**
     * Begins the test.
     *
     * @param closed empty if nothing can be tested
     * @param groups of repositories that may copy WAL from each other
     */
    public ArchivingTest(Optional<WalFile.Segment> closed, Collection<List<Receiver>> groups, Arrival arrival) {
        end = thread.submit(() -> {
            if (closed.isPresent()) {
                for (List<Receiver> group : groups) {
                    test(closed.get(), group, arrival);
                }
            }
            return true;
        });
    }

    private static void test(WalFile.Segment closed, List<Receiver> group, Arrival arrival) throws IOException {
        for (Receiver receiver : group) {
            if (!receiver.isLive()) {
                continue; // it took not even the claim
            }
            try {
                arrival.require(closed, receiver);
                return;
            } catch (IOException | UserFacingException e) {
                receiver.fail(BackupTarget.failureOfOne(e));
            }
        }
    }

    /**
     * Returns when the test has ended.
     *
     * @throws UserFacingException a failure whose cause is not in a repository
     */
    public void await() throws IOException {
        BackgroundWork.of(end);
    }

    @Override
    public void close() {
        thread.shutdownNow();
        thread.close();
    }
}
