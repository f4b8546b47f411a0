// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/** An operation of a store, with the beginning of the message if it fails. */
public enum Operation {
    WRITE("could not write", Space.TAKEN),
    /** The object has its name already, so other processes may see it. */
    SYNC("written but not known to be durable:", Space.TAKEN),
    /** Gives a file that is complete the name of its object. */
    NAME("could not give its final name to", Space.TAKEN),
    COMPARE("could not compare with the bytes that were sent", Space.UNCHANGED),
    READ("could not read", Space.UNCHANGED),
    LOOK_UP("could not look up", Space.UNCHANGED),
    LIST("could not list", Space.UNCHANGED),
    DELETE("could not delete", Space.UNCHANGED),
    /** Follows a deletion. */
    FIND_EMPTY_DIRECTORIES("deleted, but could not look for empty directories near", Space.UNCHANGED),
    CREATE_DIRECTORY("could not create the directory of", Space.TAKEN),
    CREATE_CONTAINER("could not create the container of", Space.UNCHANGED),
    FIND_BUCKET("could not find the bucket of", Space.UNCHANGED),
    LOG_IN("could not log in to", Space.UNCHANGED);

    private enum Space {
        TAKEN,
        UNCHANGED
    }

    private final String failed;
    private final Space space;

    Operation(String failed, Space space) {
        this.failed = failed;
        this.space = space;
    }

    /** Whether the operation needs free space, so that it can fail because there is none. */
    public boolean takesSpace() {
        return space == Space.TAKEN;
    }

    /** The beginning of a message, up to the detail: what failed, in which store. */
    String failure(String key, String store) {
        return failed + (key.isEmpty() ? " " : " '" + key + "' in ") + store + ": ";
    }
}
