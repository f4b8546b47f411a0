// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.store.ObjectKey;

class PieceCheckTest {
    private static final ObjectKey PART = new ObjectKey("main/1/backup/20261120T063011Z/manifest/00000001");
    private static final int MOST = 6;

    private final List<Integer> opened = new ArrayList<>();
    private final PieceCheck check = new PieceCheck(
            (bundle, file) -> {
                opened.add(bundle);
                return Optional.empty();
            },
            MOST);

    @Test
    void noMoreThanItsLimitIsHeldBeforeEachBundleIsReadOnce() throws IOException {
        check.add(PART, file("a", 2, 1, 2));
        check.add(PART, file("b", 1));
        assertThat(opened).isEmpty();
        check.add(PART, file("c", 2, 3));

        assertThat(opened).containsExactly(1, 2, 3);
        check.compare();
        assertThat(opened).containsExactly(1, 2, 3);
    }

    private static FileEntry file(String path, int... bundles) {
        List<Piece> pieces = new ArrayList<>();
        for (int bundle : bundles) {
            pieces.add(new Piece(bundle, 0, 1, 0, pieces.size(), 1, new PieceChecksums(0, 0)));
        }
        return new FileEntry(path, 0600, pieces.size(), Instant.EPOCH, 0, pieces);
    }
}
