// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.tidemark.backup.request.BackupListener;

/**
 * All repositories that receive one backup. A slow one does not hold up the others for long: the backup goes on without
 * it when they have been idle because of it for more than {@link #PATIENCE}, and for more than half of the time so far.
 * So a backup into several repositories takes at most about twice as long as into the fast ones alone. Used by one
 * thread.
 */
public final class Receivers {
    /** How long the others wait for a slow repository at least. */
    public static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<Receiver> all;
    private final Duration patience;
    private final BackupListener listener;
    private final long start = System.nanoTime();

    /** @param patience see {@link #PATIENCE} */
    public Receivers(List<Receiver> all, Duration patience, BackupListener listener) {
        this.all = List.copyOf(all);
        this.patience = patience;
        this.listener = listener;
    }

    /** Those that were left behind or have failed, too. */
    public List<Receiver> all() {
        return all;
    }

    /** No repository is left that could get the backup; each {@link Receiver} has its failure. */
    public static final class NoneLeftException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** Throws if no repository still gets the backup. */
    public void requireOne() throws NoneLeftException {
        if (all.stream().noneMatch(Receiver::isLive)) {
            throw new NoneLeftException();
        }
    }

    /** The backup has waited for {@code slow} to store a bundle, for another {@code time}. */
    public void waited(Receiver slow, Duration time) {
        boolean othersWait = all.stream().anyMatch(each -> each != slow && each.isLive() && each.isIdle());
        if (!othersWait || !slow.isLive()) {
            return;
        }
        Duration waited = slow.addWait(time);
        Duration half = Duration.ofNanos((System.nanoTime() - start) / 2);
        if (waited.compareTo(patience) > 0 && waited.compareTo(half) > 0) {
            slow.leaveBehind();
            listener.warning(slow.description() + " is much slower than the other repositories, which waited "
                    + waited.toSeconds() + " s for it; the backup goes on without it, and is stored there afterwards");
        }
    }
}
