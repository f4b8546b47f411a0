// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.InheritedWal.Report;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A standby was promoted, and hands over its history. */
class InheritedWalTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    private Path data;

    private ArchiveFixture fixture;
    private final List<Segment> pushed = new ArrayList<>();

    @BeforeEach
    void startAnArchive() throws IOException {
        fixture = new ArchiveFixture(data);
    }

    private void receive(Segment... segments) throws IOException {
        for (Segment segment : segments) {
            Files.write(data.resolve("pg_wal/" + segment.name()), fixture.content(segment));
        }
    }

    private PushTarget target() {
        return new PushTarget("memory", Encoding.of(Codec.parse("zstd:1")), system -> fixture.archive());
    }

    private PushRequest history(int timeline, String content) throws IOException {
        WalFile file = new WalFile.TimelineHistoryFile(new Timeline(timeline));
        Path path = data.resolve("pg_wal/" + file.name());
        Files.writeString(path, content, StandardCharsets.US_ASCII);
        PushRequest request = new PushRequest(file, path, ArchiveFixture.CONTROL);
        pusher().push(request);
        return request;
    }

    private WalPusher pusher() {
        return new WalPusher(target(), data, Clock.systemUTC());
    }

    private Report promoted(int timeline, String content) throws IOException {
        return inherited(history(timeline, content)).archive(LONG);
    }

    private InheritedWal inherited(PushRequest history, PushTarget... targets) {
        List<PushTarget> all = targets.length == 0 ? List.of(target()) : List.of(targets);
        return new InheritedWal(history, all, request -> {
            pusher().push(request);
            pushed.add((Segment) request.file());
        });
    }

    @Test
    void whatThePrimaryHadNotArchivedIsArchived() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3));
        receive(segment(1, 2), segment(1, 3), segment(1, 4), segment(1, 5));

        Report report = promoted(2, "1\t0/600100\tno recovery target specified\n");

        assertThat(report.archived()).containsExactly(segment(1, 4), segment(1, 5));
        assertThat(report.refused()).isEmpty();
        assertThat(pushed).isEqualTo(report.archived());
        fixture.fetch(segment(1, 5), 2);
        assertThat(fixture.target()).hasBinaryContent(fixture.content(segment(1, 5)));
    }

    @Test
    void aHoleInTheMiddleIsFilled() throws Exception {
        fixture.push(segment(1, 2), segment(1, 5));
        receive(segment(1, 3), segment(1, 4), segment(1, 5));

        assertThat(promoted(2, "1\t0/600100\tx\n").archived()).containsExactly(segment(1, 3), segment(1, 4));
    }

    /** It may hold what the old primary wrote later, or what this server has from elsewhere. */
    @Test
    void nothingFromTheSwitchOnIsTouched() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3), segment(1, 4), segment(1, 5), segment(2, 4), segment(3, 3));

        assertThat(promoted(2, "1\t0/400100\tx\n").archived()).containsExactly(segment(1, 3));
        assertThat(promoted(2, "1\t0/400100\tx\n").archived()).isEmpty();
    }

    @Test
    void aSwitchAtTheEndOfASegmentLeavesItWhole() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3), segment(1, 4));

        assertThat(promoted(2, "1\t0/400000\tx\n").archived()).containsExactly(segment(1, 3));
    }

    @Test
    void whatIsOlderThanTheArchiveIsNotArchived() throws Exception {
        fixture.push(segment(1, 4));
        receive(segment(1, 2), segment(1, 3), segment(1, 4), segment(1, 5));

        assertThat(promoted(2, "1\t0/600100\tx\n").archived()).containsExactly(segment(1, 5));
    }

    @Test
    void anArchiveWithoutAnythingOfTheWayGetsNothing() throws Exception {
        receive(segment(1, 2), segment(1, 3));

        assertThat(promoted(2, "1\t0/600100\tx\n").archived()).isEmpty();
    }

    @Test
    void whatAnExpiryRemovedIsNotBroughtBack() throws Exception {
        fixture.push(segment(1, 2), segment(1, 6));
        fixture.archive()
                .wal()
                .gaps()
                .noteRemoval(new RemovedWal(
                        segment(1, 3), segment(1, 4), Clock.systemUTC().instant(), "db1"));
        receive(segment(1, 3), segment(1, 4), segment(1, 5));

        assertThat(promoted(2, "1\t0/700100\tx\n").archived()).containsExactly(segment(1, 5));
    }

    /** Promoted twice before anything was archived. */
    @Test
    void everyTimelineOnTheWayIsLookedAt() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3), segment(2, 4), segment(2, 5), segment(2, 6));
        history(2, "1\t0/400100\tx\n");

        assertThat(promoted(3, "1\t0/400100\tx\n\n2\t0/600100\tx\n").archived())
                .containsExactly(segment(1, 3), segment(2, 4), segment(2, 5));
    }

    @Test
    void oneThatIsDamagedIsSaidAndStopsNothing() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3), segment(1, 4), segment(1, 5));
        Files.write(data.resolve("pg_wal/" + segment(1, 4).name()), fixture.content(segment(1, 1)));

        Report report = promoted(2, "1\t0/600100\tx\n");

        assertThat(report.archived()).containsExactly(segment(1, 3), segment(1, 5));
        assertThat(report.refused()).singleElement().satisfies(refused -> {
            assertThat(refused.segment()).isEqualTo(segment(1, 4));
            assertThat(refused.problem()).contains("is refused");
        });
    }

    @Test
    void whatDoesNotFitIntoACallIsLeftToTheNext() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3), segment(1, 4));
        PushRequest history = history(2, "1\t0/600100\tx\n");

        assertThatThrownBy(() -> inherited(history).archive(Duration.ZERO))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.TIMED_OUT))
                .hasMessageContaining("had not archived 2 segments");
        assertThat(inherited(history).archive(LONG).archived()).hasSize(2);
    }

    @Test
    void aRepositoryThatIsDownIsAskedForNothing() throws Exception {
        fixture.push(segment(1, 2));
        receive(segment(1, 3));
        PushRequest history = history(2, "1\t0/600100\tx\n");
        PushTarget down = new PushTarget("down", target().encoding(), system -> {
            throw new StorageUnavailable("it is down", null);
        });

        assertThat(inherited(history, down, target()).archive(LONG).archived()).containsExactly(segment(1, 3));
    }
}
