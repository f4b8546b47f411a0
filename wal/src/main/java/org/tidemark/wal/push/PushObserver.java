// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.time.Duration;
import org.tidemark.archiver.push.WalPusher.PushRequest;

/** Is told what becomes of the files that are pushed, by several threads. */
public interface PushObserver extends LagNotices.Telling {
    void archived(PushRequest file, Duration took);
}
