// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.queue.JavaStarts.Share;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

class JavaStartsTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    @TempDir
    Path spool;

    private JavaStarts starts() {
        return new JavaStarts(spool, new ClusterName("main"));
    }

    private static Segment segment(long index) {
        return Segment.of(new Timeline(1), index, SIZE);
    }

    @Test
    void theSegmentsBetweenThoseThatAreNotedWereAcknowledgedWithoutJava() {
        assertThat(starts().upTo(segment(20), SIZE)).isEmpty();

        starts().add(segment(11));
        starts().add(segment(12));
        starts().add(segment(12));
        starts().add(segment(16));

        assertThat(starts().upTo(segment(20), SIZE)).contains(new Share(3, 10));
        assertThat(starts().upTo(segment(14), SIZE))
                .as("the server's answer is older")
                .contains(new Share(3, 6));
        assertThat(starts().upTo(segment(1000), SIZE)).contains(new Share(0, JavaStarts.MAX_SEGMENTS));
        assertThat(starts().upTo(segment(20).on(new Timeline(2)), SIZE)).isEmpty();
    }

    @Test
    void theFileStaysSmallAndKeepsWhatIsLookedAt() throws IOException {
        for (int index = 1; index <= 1000; index++) {
            starts().add(segment(index));
        }

        Path file = spool.resolve("v1/started/main");
        assertThat(Files.size(file)).isLessThanOrEqualTo(4096 + 25);
        assertThat(starts().upTo(segment(1000), SIZE))
                .contains(new Share(JavaStarts.MAX_SEGMENTS, JavaStarts.MAX_SEGMENTS));
    }

    @Test
    void aFileThatIsCutOffAndAMissingSpoolAreNoErrors() throws IOException {
        starts().add(segment(11));
        Files.writeString(spool.resolve("v1/started/main"), segment(11).name() + "\n0000");
        assertThat(starts().upTo(segment(12), SIZE)).contains(new Share(1, 2));

        Path missing = spool.resolve("missing");
        new JavaStarts(missing, new ClusterName("main")).add(segment(11));
        assertThat(missing).doesNotExist();
    }
}
