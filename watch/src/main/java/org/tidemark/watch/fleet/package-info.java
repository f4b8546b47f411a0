// SPDX-License-Identifier: Apache-2.0
/** Many clusters at once: one line for each, the worst first. It sees check, status and the observed cluster. */
package org.tidemark.watch.fleet;
