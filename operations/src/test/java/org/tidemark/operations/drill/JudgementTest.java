// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.operations.drill.ReachedMoment.Status;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;

final class JudgementTest {
    private static final Instant TIME = Instant.parse("2026-11-30T14:03:11Z");
    private static final Lsn AT = Lsn.parse("0/3000120");
    private static final ReplayStop STOP = new ReplayStop(
            AT,
            Optional.of(new Ended(740, Lsn.parse("0/30000F0"), AT, TIME, true)),
            Optional.of(new Ended(741, AT, Lsn.parse("0/3000160"), TIME.plusSeconds(1), true)),
            List.of(),
            true,
            List.of());
    private static final Optional<LastCommit> NEWEST = Optional.of(new LastCommit(-2, TIME, AT));

    private static Judgement at(String lsn, Status kept, Status left) {
        return ReachedMoment.atTarget(
                new RecoveryTarget.AtTime(TIME, Bound.INCLUSIVE),
                STOP,
                Lsn.parse(lsn),
                Optional.of(kept),
                Optional.of(left));
    }

    @Test
    void exactlyWhatThePlanNamedIsTheMoment() {
        assertThat(at("0/3000120", Status.COMMITTED, Status.NOT_COMMITTED).detail())
                .isEqualTo("replayed exactly to 0/3000120; the last commit is that of transaction 740 at "
                        + "2026-11-30 14:03:11Z; nothing of transaction 741, the next one");
        assertThat(at("0/3000120", Status.FORGOTTEN, Status.NOT_COMMITTED).isPassed())
                .isTrue();
    }

    @Test
    void oneCommitTooFewOneTooManyAndAnotherPositionAreFound() {
        assertThat(at("0/3000120", Status.NOT_COMMITTED, Status.NOT_COMMITTED).detail())
                .contains("740", "not committed");
        assertThat(at("0/3000120", Status.COMMITTED, Status.COMMITTED).detail()).contains("741", "is committed");
        assertThat(at("0/30000F0", Status.COMMITTED, Status.NOT_COMMITTED).detail())
                .contains("stopped at 0/30000F0, and the plan says 0/3000120");
        assertThat(at("0/3000160", Status.COMMITTED, Status.NOT_COMMITTED).fault())
                .contains(Fault.WAL);
    }

    /** As in a random drill: the first record of a segment was the one before which PostgreSQL was to stop. */
    @Test
    void aRecordAtTheEndOfItsPageIsFollowedByTheHeaderOfTheNext() {
        WalSegmentSize size = new WalSegmentSize(1 << 20);

        assertThat(ReachedMoment.nextRecord(Lsn.parse("0/C00000"), 8192, size)).isEqualTo(Lsn.parse("0/C00028"));
        assertThat(ReachedMoment.nextRecord(Lsn.parse("0/C02000"), 8192, size)).isEqualTo(Lsn.parse("0/C02018"));
        assertThat(ReachedMoment.nextRecord(Lsn.parse("0/C02100"), 8192, size)).isEqualTo(Lsn.parse("0/C02100"));
        assertThat(ReachedMoment.nextRecord(Lsn.parse("0/C02100"), 256, size)).isEqualTo(Lsn.parse("0/C02118"));
    }

    private static Judgement atPosition(String lsn, Status left) {
        return ReachedMoment.atTarget(
                new RecoveryTarget.AtLsn(AT, Bound.INCLUSIVE),
                STOP,
                Lsn.parse(lsn),
                Optional.of(Status.COMMITTED),
                Optional.of(left));
    }

    /** PostgreSQL replays the record that begins there. */
    @Test
    void aPositionIsReachedByTheRecordThatBeginsThereOrLater() {
        assertThat(atPosition("0/3000120", Status.NOT_COMMITTED).isPassed()).isTrue();
        assertThat(atPosition("0/3000160", Status.NOT_COMMITTED).isPassed()).isTrue();
        assertThat(atPosition("0/30000F0", Status.NOT_COMMITTED).detail()).contains("stopped at 0/30000F0");
        assertThat(atPosition("0/3000160", Status.COMMITTED).detail()).contains("741", "is committed");
    }

    private static Judgement atEnd(Optional<LastCommit> newest, Optional<Instant> replayed, Status status) {
        return ReachedMoment.atEnd(Lsn.parse("0/3000000"), AT, newest, replayed, newest.map(_ -> status));
    }

    @Test
    void atTheEndTheNewestCommitMustBeThere() {
        assertThat(atEnd(Optional.empty(), Optional.empty(), Status.COMMITTED).isPassed())
                .isTrue();
        assertThat(atEnd(NEWEST, Optional.of(TIME), Status.COMMITTED).detail()).contains("transaction 4294967294");
        Judgement missing = atEnd(NEWEST, Optional.of(TIME.minusSeconds(9)), Status.NOT_COMMITTED);
        assertThat(missing.fault()).contains(Fault.WAL);
        assertThat(missing.detail()).contains("the last commit that was replayed is of 2026-11-30 14:03:02Z");
        assertThat(atEnd(NEWEST, Optional.of(TIME), Status.FORGOTTEN).isPassed())
                .isTrue();
        assertThat(atEnd(NEWEST, Optional.empty(), Status.FORGOTTEN).isPassed()).isFalse();
    }

    /** A segment whose records are broken ends a recovery without a word. */
    @Test
    void atTheEndTheLastSegmentWasReplayed() {
        Judgement early =
                ReachedMoment.atEnd(Lsn.parse("0/5000000"), AT, Optional.empty(), Optional.empty(), Optional.empty());

        assertThat(early.fault()).contains(Fault.WAL);
        assertThat(early.detail()).contains("the last archived segment begins at 0/5000000");
    }

    /** As PostgreSQL's source has them. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FATAL: could not access file \"pg_nowhere\": No such file or directory | HOST",
                "FATAL: could not map anonymous shared memory: Cannot allocate memory | HOST",
                "FATAL: could not create any Unix-domain sockets | HOST",
                "FATAL: database locale is incompatible with operating system | HOST",
                "PANIC: could not write to file \"pg_wal/xlogtemp.7\": No space left on device | HOST",
                "FATAL: could not fork process: Cannot allocate memory | HOST",
                "LOG: startup process (PID 7) was terminated by signal 9: Killed | HOST",
                "FATAL: database files are incompatible with server | HOST",
                "FATAL: role \"tidemark\" does not exist | HOST",
                "FATAL: the directory /srv/locale has an invalid page | BACKUP",
                "FATAL: recovery ended before configured recovery target was reached | WAL",
                "FATAL: could not restore file \"000000010000000000000007\" from archive: child process exited with exit code 200 | WAL",
                "FATAL: WAL was generated with wal_level=minimal, cannot continue recovering | WAL",
                "FATAL: WAL file is from different database system: WAL file database system identifier is 1 | WAL",
                "the restored cluster could not fetch its WAL: 'near': its header does not match | WAL",
                "PANIC: could not locate a valid checkpoint record | BACKUP",
                "FATAL: invalid page in block 0 of relation base/5/1259 | BACKUP",
            })
    void theFaultIsNamedByWhatTheServerSaid(String message, Fault fault) {
        assertThat(Judgement.ofServer(message)).isEqualTo(fault);
    }

    /** PostgreSQL has one SQLSTATE for all three. */
    @Test
    void aFileThatAQueryMissesIsOfTheBackupOnlyWithinTheCopy() {
        assertThat(Judgement.ofFiles("ERROR: could not open file \"base/5/16384\": No such file or directory"))
                .isEqualTo(Fault.BACKUP);
        assertThat(Judgement.ofFiles("ERROR: could not access file \"postgis-3\": No such file or directory"))
                .isEqualTo(Fault.HOST);
        assertThat(Judgement.ofFiles(
                        "ERROR: could not open file \"/srv/a.csv\" for reading: No such file or directory"))
                .isEqualTo(Fault.HOST);
    }

    @Test
    void whatSaysNothingOfTheBackupIsNoJudgement() {
        for (ExitCode code : List.of(ExitCode.STORE_UNAVAILABLE, ExitCode.INTERRUPTED, ExitCode.STORE_DENIED)) {
            assertThat(Judgement.of("files", new UserFacingException(code, "x", "y")))
                    .isEmpty();
        }
        assertThat(Judgement.of("files", new UserFacingException(ExitCode.DAMAGED, "x", "y")))
                .contains(Judgement.failed("files", Fault.BACKUP, "x"));
        assertThat(Judgement.of("replay", new UserFacingException(ExitCode.TIMED_OUT, "x", "y")))
                .contains(Judgement.failed("replay", Fault.TIME_LIMIT, "x"));
    }
}
