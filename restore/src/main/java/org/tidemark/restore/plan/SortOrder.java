// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.request.Role;

/**
 * Whether a host sorts text as the one does that the backup is of. Where it does not, indexes on text miss rows that
 * are there, and unique ones let duplicates in; PostgreSQL says so only for some of them.
 */
public final class SortOrder {
    /** More than any version has. */
    private static final int MOST_BYTES = 64;

    private SortOrder() {}

    /**
     * What a plan says where texts may be sorted otherwise than in the backup.
     *
     * @param here the version of glibc of the host on which the restored server will run
     */
    public static Optional<PlanFinding> difference(Role role, BaseBackup.Origin origin, Optional<String> here) {
        if (origin.glibc().isEmpty() || here.isEmpty() || origin.glibc().equals(here)) {
            return Optional.empty();
        }
        return Optional.of(PlanFinding.warning(
                PlanFinding.Topic.WRITE,
                "the cluster sorts text by glibc " + origin.glibc().get() + ", and this host has glibc " + here.get()
                        + ": indexes on text may be wrong here",
                role instanceof Role.Standby
                        ? "A standby cannot rebuild indexes. Use a host with the same glibc, or run reindexdb --all after"
                                + " its promotion, before anything else uses it."
                        : "When it is open, run this before anything else uses it: reindexdb --all"));
    }

    /** The version of glibc of this host; empty if it has another C library, or Java may not call it. */
    @SuppressWarnings("restricted") // the function has these arguments: none
    public static Optional<String> glibcOfThisHost() {
        try {
            Linker linker = Linker.nativeLinker();
            return linker.defaultLookup()
                    .find("gnu_get_libc_version")
                    .map(function -> linker.downcallHandle(function, FunctionDescriptor.of(ValueLayout.ADDRESS)))
                    .map(SortOrder::called);
        } catch (IllegalCallerException | UnsupportedOperationException | UnsatisfiedLinkError e) {
            return Optional.empty();
        }
    }

    @SuppressWarnings("restricted") // what it gives is a string that stays
    private static String called(MethodHandle function) {
        try {
            return ((MemorySegment) function.invokeExact())
                    .reinterpret(MOST_BYTES)
                    .getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
