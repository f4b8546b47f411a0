// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.Optional;
import org.tidemark.image.BackupImage;
import org.tidemark.postgres.names.ClusterFiles;

/** The files of a cluster in a backup. */
record ImageFiles(BackupImage image) implements ClusterFiles {
    @Override
    public Optional<ClusterFile> open(String path) {
        return image.find(path)
                .flatMap(entry -> entry instanceof BackupImage.File file
                        ? Optional.of(image.open(file)::read)
                        : Optional.empty());
    }
}
