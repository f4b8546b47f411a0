// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.regex.Pattern;

/**
 * The name of a replication slot, as PostgreSQL allows it (ReplicationSlotValidateName() in
 * src/backend/replication/slot.c); constant.
 */
public final class SlotName {
    private static final Pattern VALID = Pattern.compile("[a-z0-9_]{1,63}");

    private SlotName() {}

    /**
     * The name itself.
     *
     * @throws IllegalArgumentException if PostgreSQL allows no slot of this name
     */
    public static String require(String name) {
        if (!VALID.matcher(name).matches()) {
            throw new IllegalArgumentException("not the name of a replication slot: '" + name
                    + "' (expected up to 63 lower-case letters, digits and underscores)");
        }
        return name;
    }
}
