// SPDX-License-Identifier: Apache-2.0
/**
 * The stores {@code rsync://} (a daemon) and {@code rsync+ssh://}. An object is a file, and each operation takes one or
 * a few runs of the rsync program, each within a time limit.
 */
package org.tidemark.store.rsync;
