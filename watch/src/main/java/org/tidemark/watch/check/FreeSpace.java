// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;

/** Whether a disk has enough room. Pure. */
final class FreeSpace {
    /** Below this part of the limit it is critical. */
    private static final int CRITICAL_PART = 3;

    private FreeSpace() {}

    static Finding finding(Subject subject, String disk, DiskSpace space, CheckSettings limits, String hint) {
        String message = space.freePercent() + " % of " + disk + " is free, " + Amounts.size(space.freeBytes());
        double percent = space.totalBytes() / 100.0;
        long warning = (long) (percent * limits.freeSpacePercent());
        long critical = warning / CRITICAL_PART;
        Finding finding = space.freeBytes() < critical
                ? subject.critical(message, hint)
                : space.freeBytes() < warning ? subject.warning(message, hint) : subject.ok(message);
        return finding.with(Measure.FREE, space.freeBytes(), Threshold.below(warning, critical))
                .with(Measure.TOTAL, space.totalBytes());
    }
}
