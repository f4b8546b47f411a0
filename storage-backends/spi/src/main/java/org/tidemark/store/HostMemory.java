// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * A short text that this host keeps for one store, from one process to the next. It may be lost, or be an older one, at
 * any time. Thread-safe.
 */
public interface HostMemory {
    /** Keeps nothing. */
    HostMemory NONE = new HostMemory() {
        @Override
        public String read() {
            return "";
        }

        @Override
        public void write(String text) {
            // Forgotten at once.
        }
    };

    /** The text that was written last; empty if there is none. */
    String read();

    /** Replaces the text, if that is possible. */
    void write(String text);
}
