// The sign of the side panel: nodes of a network; Lab colours it.

export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M11.2 7.5h1.6v4.1l4.6 3.2-.9 1.3-4.5-3.1-4.5 3.1-.9-1.3 4.6-3.2z"/>
    <circle cx="12" cy="5.5" r="3"/><circle cx="5.5" cy="17" r="3"/><circle cx="18.5" cy="17" r="3"/>
  </g>
</svg>`;
