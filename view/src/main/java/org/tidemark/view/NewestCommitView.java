// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.NewestCommit;

/** The newest commit that a recovery without a target reaches, in JSON; where it is not known, why. */
public record NewestCommitView(Optional<Commit> newestCommit, Optional<Why> newestCommitUnknown) {
    private record Commit(String xid, Instant time, Lsn end) {
        static Commit of(LastCommit last) {
            return new Commit(Integer.toUnsignedString(last.xid()), last.time(), last.end());
        }
    }

    private enum Why {
        NONE_FOUND,
        UNREADABLE,
        NOT_LOOKED_AT
    }

    public static NewestCommitView of(NewestCommit newest) {
        return new NewestCommitView(
                newest.commit().map(Commit::of),
                switch (newest) {
                    case NewestCommit.Found _ -> Optional.empty();
                    case NewestCommit.NoneIn _ -> Optional.of(Why.NONE_FOUND);
                    case NewestCommit.Unreadable _ -> Optional.of(Why.UNREADABLE);
                    case NewestCommit.NotLookedAt _ -> Optional.of(Why.NOT_LOOKED_AT);
                });
    }
}
