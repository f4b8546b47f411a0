// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.sftp.Sftp.Answer;

/** Reads the names in one directory, a few answers ahead. */
final class DirectoryNames {
    /** OpenSSH gives 100 names at a time: a few answers under way save waiting. */
    private static final int MOST_UNDER_WAY = 4;

    private DirectoryNames() {}

    /** Who gets the names, in no order; the directory's own and its parent's are among them. */
    interface Reader {
        void take(Reply.Entry entry) throws IOException;
    }

    /** Throws "no such file" if the directory is not there. */
    static void read(Sftp sftp, String path, Reader reader) throws IOException {
        byte[] handle = sftp.openDirectory(path).await().handle();
        try {
            Deque<Answer> underWay = new ArrayDeque<>(List.of(sftp.readDirectory(handle)));
            boolean more = true;
            while (!underWay.isEmpty()) {
                Optional<List<Reply.Entry>> entries = underWay.remove().await().names();
                more &= entries.isPresent();
                for (Reply.Entry entry : entries.orElse(List.of())) {
                    reader.take(entry);
                }
                while (more && underWay.size() < MOST_UNDER_WAY) {
                    underWay.add(sftp.readDirectory(handle));
                }
            }
        } finally {
            sftp.close(handle);
        }
    }
}
