// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.postgres.WalPageHeader;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/**
 * What a restore must know of WAL before PostgreSQL replays it: the rare records that reach out of the data directory,
 * or end a recovery. Immutable.
 *
 * @param tablespaces in the order in which they were created
 * @param parameters in the order in which the server was started with them
 * @param end the record at which a recovery to a time or to a restore point stops: the first end of a transaction after
 *     the time, or the restore point; empty if it was not looked for, or there is none
 */
public record WalFacts(List<CreatedTablespace> tablespaces, List<ParameterChange> parameters, Optional<Lsn> end) {
    private static final int CHUNK_BYTES = 1 << 18;

    public static final WalFacts NONE = new WalFacts(List.of(), List.of(), Optional.empty());

    public WalFacts {
        tablespaces = List.copyOf(tablespaces);
        parameters = List.copyOf(parameters);
    }

    /**
     * A start of the server with other settings than before.
     *
     * @param at where the record begins
     * @param previous where the record before it begins
     */
    public record ParameterChange(Lsn at, Lsn previous, StandbySettings settings) {
        // RM_XLOG_ID, XLOG_PARAMETER_CHANGE of src/include/catalog/pg_control.h, and WAL_LEVEL_MINIMAL.
        private static final int RM_XLOG = 0;
        private static final int PARAMETER_CHANGE = 0x60;
        private static final int MINIMAL = 0;

        // Six integers of xl_parameter_change in src/include/access/xlog_internal.h, after the header of its data.
        private static final int BYTES = 6 * Integer.BYTES;
        private static final int MOST_BYTES = 64;

        static int wanted(int resourceManager, int info) {
            return resourceManager == RM_XLOG && (info & 0xF0) == PARAMETER_CHANGE ? MOST_BYTES : 0;
        }

        static Optional<ParameterChange> of(WalRecord record) {
            int data = record.mainData();
            if (record.resourceManager() != RM_XLOG
                    || record.operation() != PARAMETER_CHANGE
                    || data < 0
                    || data + BYTES > record.body().limit()) {
                return Optional.empty();
            }
            ByteBuffer body =
                    record.body().duplicate().order(record.body().order()).position(data);
            int connections = body.getInt();
            int processes = body.getInt();
            int senders = body.getInt();
            int prepared = body.getInt();
            int locks = body.getInt();
            return Optional.of(new ParameterChange(
                    record.start(),
                    record.previous(),
                    new StandbySettings(body.getInt(), connections, processes, senders, prepared, locks)));
        }

        /**
         * Whether the server wrote less from here on than a recovery needs: PostgreSQL ends each recovery here, with
         * "WAL was generated with wal_level=minimal" (CheckRequiredParameterValues() in
         * src/backend/access/transam/xlogrecovery.c; up to 13 only where hot_standby is on, and goes on with data
         * missing where it is off).
         */
        public boolean isMinimal() {
            return settings.walLevel() == MINIMAL;
        }
    }

    /**
     * Reads them.
     *
     * @param following is opened only if a record that may matter begins in the segment and ends after it
     * @param target where the recovery ends: only of one to a time are the ends of transactions looked at, and only of
     *     one to a restore point the restore points
     */
    public static WalFacts read(
            InputStream segment, Following following, Segment name, WalSegmentSize size, RecoveryTarget target)
            throws IOException {
        Reading reading = new Reading(target);
        WalReader.read(segment, following, name, size, reading);
        return new WalFacts(reading.tablespaces, reading.parameters, Optional.ofNullable(reading.end));
    }

    /**
     * The target of a recovery as far as a segment tells whether it ends there: in WAL before the replay begins, there
     * may be a restore point of the same name.
     *
     * @param begin where the replay begins
     */
    public static RecoveryTarget within(Segment segment, WalSegmentSize size, RecoveryTarget target, Lsn begin) {
        return target instanceof RecoveryTarget.AtRestorePoint
                        && segment.start(size).plus(WalPageHeader.LONG_BYTES).isBefore(begin)
                ? new RecoveryTarget.Latest()
                : target;
    }

    /** Those of a whole segment, which is read to its end, for a recovery to a target. */
    public static WalFacts readWhole(
            InputStream segment, Following following, Segment name, WalSegmentSize size, RecoveryTarget target)
            throws IOException {
        InputStream in = new BufferedInputStream(segment, CHUNK_BYTES);
        WalFacts facts = read(in, following, name, size, target);
        in.transferTo(OutputStream.nullOutputStream());
        return facts;
    }

    /** The tablespaces that a recovery to a target creates, as far as that can be told: otherwise, all of them. */
    public List<CreatedTablespace> createdBefore(RecoveryTarget target) {
        return tablespaces.stream()
                .filter(each -> switch (target) {
                    case RecoveryTarget.AtLsn lsn -> lsn.replays(each.at(), each.previous());
                    case RecoveryTarget.AtTime _, RecoveryTarget.AtRestorePoint _ ->
                        end.map(each.at()::isBefore).orElse(true);
                    case RecoveryTarget.AtXid _, RecoveryTarget.Immediate _, RecoveryTarget.Latest _ -> true;
                })
                .toList();
    }

    /** The same for a replay that begins at a position: before it, no recovery ends. */
    public WalFacts endingFrom(Lsn begin) {
        return new WalFacts(tablespaces, parameters, end.filter(at -> !at.isBefore(begin)));
    }

    /** These, and those of WAL that follows. */
    public WalFacts and(WalFacts later) {
        return new WalFacts(
                Stream.concat(tablespaces.stream(), later.tablespaces.stream()).toList(),
                Stream.concat(parameters.stream(), later.parameters.stream()).toList(),
                end.or(later::end));
    }

    private static final class Reading implements Visitor {
        private final List<CreatedTablespace> tablespaces = new ArrayList<>();
        private final List<ParameterChange> parameters = new ArrayList<>();
        private final RecoveryTarget target;
        private @Nullable Lsn end;

        Reading(RecoveryTarget target) {
            this.target = target;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            // No switch over patterns: linking the first one takes a WAL command 12 ms.
            if (target instanceof RecoveryTarget.AtTime && TransactionEnd.isOne(info, resourceManager)) {
                return TransactionEnd.MOST_BYTES;
            }
            if (target instanceof RecoveryTarget.AtRestorePoint && RestorePoint.isOne(info, resourceManager)) {
                return RestorePoint.fits(bodyBytes) ? bodyBytes : 0;
            }
            return CreatedTablespace.wanted(resourceManager, info) + ParameterChange.wanted(resourceManager, info);
        }

        @Override
        public void visit(WalRecord record) {
            CreatedTablespace.of(record).ifPresent(tablespaces::add);
            ParameterChange.of(record).ifPresent(parameters::add);
            if (end == null && isEnd(record)) {
                end = record.start();
            }
        }

        private boolean isEnd(WalRecord record) {
            if (target instanceof RecoveryTarget.AtTime at) {
                return TransactionEnd.isOne(record.info(), record.resourceManager())
                        && TransactionEnd.time(record).filter(at::isPassedBy).isPresent();
            }
            return target instanceof RecoveryTarget.AtRestorePoint point
                    && RestorePoint.isOne(record.info(), record.resourceManager())
                    && RestorePoint.fits(record.body().limit())
                    && RestorePoint.parse(record.body(), record.end()).name().equals(point.name());
        }
    }
}
